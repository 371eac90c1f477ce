import { Loader, Stack } from '@mantine/core';
import { IconPhoneCall } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEventConnection } from '~/shared/session/event-connection';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { liveCallsQuery } from '../api/live-calls';
import { LiveCallCard } from './live-call-card';

export function LivePage() {
  const t = text.live;
  const organisation = useOrganisation();
  const connected = useEventConnection();
  const mayHear = useMay('events.read');
  const calls = useQuery(liveCallsQuery(organisation));
  return (
    <Page
      title={t.title}
      subtitle={t.subtitle}
      actions={
        mayHear && (
          <Dot tone={connected ? 'good' : 'warn'} pulse={!connected}>
            {connected ? t.connected : t.reconnecting}
          </Dot>
        )
      }
    >
      <Stack gap="sm">
        <ProblemAlert error={calls.error} onRetry={() => void calls.refetch()} />
        {calls.isPending && !calls.error && <Loader aria-label={text.loading} />}
        {calls.data?.length === 0 && (
          <EmptyState icon={IconPhoneCall} title={t.emptyTitle} hint={t.emptyText} />
        )}
        {calls.data?.map((call) => (
          <LiveCallCard key={call.id} call={call} />
        ))}
      </Stack>
    </Page>
  );
}
