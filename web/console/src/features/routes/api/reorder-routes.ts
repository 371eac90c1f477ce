import type { OrganisationId, Page, RouteId } from '@parley/api-client/ids';
import type { DialRoute } from '@parley/api-client/routes';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

/** All of them, the one that is asked first in front. */
export const reorderRoutes = (organisation: OrganisationId, routes: RouteId[]) =>
  api.put<Page<DialRoute>>(inOrganisation(organisation, 'routes', 'order'), { routes });
