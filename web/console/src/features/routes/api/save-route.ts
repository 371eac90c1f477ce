import type { OrganisationId, RouteId } from '@parley/api-client/ids';
import type { DialRoute, RouteDraft } from '@parley/api-client/routes';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const createRoute = (organisation: OrganisationId, draft: RouteDraft) =>
  api.post<DialRoute>(inOrganisation(organisation, 'routes'), draft);

export const changeRoute = (organisation: OrganisationId, id: RouteId, draft: RouteDraft) =>
  api.patch<DialRoute>(inOrganisation(organisation, 'routes', id), draft);
