import { queryOptions } from '@tanstack/react-query';
import type { CallDetail } from '@parley/api-client/calls';
import type { CallId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const callQuery = (organisation: OrganisationId, call: CallId) =>
  queryOptions({
    queryKey: [...keys.call(organisation, call), 'detail'],
    queryFn: ({ signal }) => api.get<CallDetail>(inOrganisation(organisation, 'calls', call), { signal }),
    // Progress comes by event; this is for the time while events are disconnected.
    refetchInterval: ({ state }) =>
      !state.data
        ? false
        : isWorking(state.data)
          ? 3_000
          : isRunning(state.data)
            ? RUNNING_REFETCH_MS
            : false,
  });

/** While events are disconnected. */
export const RUNNING_REFETCH_MS = 15_000;

/** The call is going on: what is known of it grows. */
export function isRunning(call: CallDetail): boolean {
  return call.ended_at === null;
}

export function isWorking(call: CallDetail): boolean {
  return call.jobs.some((job) => job.state === 'queued' || job.state === 'running');
}
