import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId } from '@parley/api-client/ids';
import type { LiveCall } from '@parley/api-client/telephony';
import { allPages } from '~/shared/api/all-pages';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const liveCallsQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.live(organisation),
    queryFn: ({ signal }) => allPages<LiveCall>(inOrganisation(organisation, 'live-calls'), { signal }),
    // Events make it current at once; this is for roles that get none, and for the time while they are disconnected.
    refetchInterval: 10_000,
  });
