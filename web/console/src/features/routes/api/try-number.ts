import type { OrganisationId } from '@parley/api-client/ids';
import type { RouteTest } from '@parley/api-client/routes';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

/** What would happen; nobody is called. No caller: somebody from outside. */
export const tryNumber = (organisation: OrganisationId, number: string, caller: string | null) =>
  api.get<RouteTest>(inOrganisation(organisation, 'routes', 'test'), { query: { number, caller } });
