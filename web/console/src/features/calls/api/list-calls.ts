import { infiniteQueryOptions } from '@tanstack/react-query';
import type { CallFilter, CallSummary } from '@parley/api-client/calls';
import type { OrganisationId, Page } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

const kPageSize = 30;

export const callsQuery = (organisation: OrganisationId, filter: CallFilter) =>
  infiniteQueryOptions({
    queryKey: [...keys.calls(organisation), filter],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<CallSummary>>(inOrganisation(organisation, 'calls'), {
        signal,
        query: {
          ...filter,
          from: dayStart(filter.from),
          to: dayEnd(filter.to),
          cursor: pageParam,
          limit: kPageSize,
        },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // A search in progress keeps the last answer on the page.
    placeholderData: (previous) => previous,
  });

/** Days of the reader's own clock, as the server's instants. */
function dayStart(day: string | undefined): string | undefined {
  return day ? new Date(`${day}T00:00:00`).toISOString() : undefined;
}

function dayEnd(day: string | undefined): string | undefined {
  return day ? new Date(`${day}T23:59:59.999`).toISOString() : undefined;
}
