import { Center, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import type { Me, Organisation } from '@parley/api-client/accounts';
import type { OrganisationId, Page } from '@parley/api-client/ids';
import { api, onSignedOut } from '~/shared/api/api';
import { meQuery } from '~/shared/session/me';
import { SessionContext } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { Frame } from './frame';

/** Lets in who is signed in; sends others to the sign-in page and remembers where they wanted to go. */
export function Shell() {
  const queryClient = useQueryClient();
  const me = useQuery(meQuery);
  const here = useRouterState({ select: (state) => state.location.href });
  const wasIn = useRef(false);

  useEffect(() => onSignedOut(() => queryClient.setQueryData(meQuery.queryKey, null)), [queryClient]);
  useEffect(() => {
    if (me.data) wasIn.current = true;
  }, [me.data]);

  if (me.data === null) return <SignedOut next={here} wasIn={wasIn} />;
  if (me.data === undefined) return <Waiting error={me.error} />;
  return <SignedIn me={me.data} />;
}

function SignedOut({ next, wasIn }: { next: string; wasIn: RefObject<boolean> }) {
  const queryClient = useQueryClient();
  const [search] = useState(() => ({
    next: next === '/' ? undefined : next,
    ended: wasIn.current || undefined,
  }));
  useEffect(() => {
    // Nothing of one session is seen in the next.
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
  }, [queryClient]);
  return <Navigate to="/sign-in" search={search} replace />;
}

function SignedIn({ me }: { me: Me }) {
  const [chosen, setChosen] = useState<OrganisationId | null>(null);
  const all = me.organisation === null;
  const organisations = useQuery({
    queryKey: ['organisations'],
    queryFn: ({ signal }) => api.get<Page<Organisation>>('/v1/organisations', { signal }),
    enabled: all,
  });
  const list = useMemo(
    () => (me.organisation ? [me.organisation] : (organisations.data?.items ?? [])),
    [me.organisation, organisations.data],
  );
  const current = list.find((one) => one.id === chosen) ?? list[0];
  const session = useMemo(() => (current ? { me, organisation: current.id } : null), [me, current]);
  if (!session || !current) return <Waiting error={organisations.error} />;
  return (
    <SessionContext value={session}>
      <Frame key={current.id} organisations={list} current={current.id} onChoose={setChosen} />
    </SessionContext>
  );
}

function Waiting({ error }: { error: unknown }) {
  return (
    <Center mih="60vh" p="md">
      {error ? <ProblemAlert error={error} /> : <Loader aria-label={text.loading} />}
    </Center>
  );
}
