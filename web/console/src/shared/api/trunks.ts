import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId } from '@parley/api-client/ids';
import type { Trunk } from '@parley/api-client/trunks';
import { allPages } from './all-pages';
import { keys } from './keys';
import { inOrganisation } from './paths';

/** Probes and refreshes tell nobody: looked at again now and then. */
export const trunksQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.trunks(organisation),
    queryFn: ({ signal }) => allPages<Trunk>(inOrganisation(organisation, 'trunks'), { signal }),
    refetchInterval: 15_000,
  });
