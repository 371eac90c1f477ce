import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId } from '@parley/api-client/ids';
import type { DialRoute } from '@parley/api-client/routes';
import { allPages } from '~/shared/api/all-pages';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

/** In the order in which they are asked. */
export const routesQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.routes(organisation),
    queryFn: ({ signal }) => allPages<DialRoute>(inOrganisation(organisation, 'routes'), { signal }),
  });
