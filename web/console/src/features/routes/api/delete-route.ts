import type { OrganisationId, RouteId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const deleteRoute = (organisation: OrganisationId, id: RouteId) =>
  api.delete(inOrganisation(organisation, 'routes', id));
