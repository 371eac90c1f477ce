import { Button, Loader } from '@mantine/core';
import { IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { CallFilter } from '@parley/api-client/calls';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { EmptyState } from '~/shared/ui/empty-state';
import { LoadMore } from '~/shared/ui/load-more';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { callsQuery } from '../api/list-calls';
import { CallFilters } from './call-filters';
import { CallTable } from './call-table';
import { FirstCall } from './first-call';

const route = getRouteApi('/shell/calls');

export function CallsPage() {
  const t = text.calls;
  const organisation = useOrganisation();
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(callsQuery(organisation, filter));
  const { fetchNextPage } = query;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const change = useCallback(
    (next: CallFilter) => void navigate({ search: next, replace: true }),
    [navigate],
  );

  const calls = query.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const empty = query.isSuccess && calls.length === 0;
  return (
    <Page title={t.title}>
      {(!empty || filtered) && <CallFilters filter={filter} onChange={change} />}
      <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending && !query.error && <Loader aria-label={text.loading} />}
      {calls.length > 0 && <CallTable calls={calls} />}
      {calls.length > 0 && (
        <LoadMore more={query.hasNextPage} busy={query.isFetchingNextPage} onMore={more} />
      )}
      {empty && filtered && (
        <EmptyState icon={IconSearchOff} title={t.nothingFound} hint={t.nothingFoundHint}>
          <Button variant="light" onClick={() => change({})}>
            {t.clear}
          </Button>
        </EmptyState>
      )}
      {empty && !filtered && <FirstCall />}
    </Page>
  );
}
