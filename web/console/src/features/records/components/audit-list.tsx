import { Alert, Button, Group, Loader, Stack, Table } from '@mantine/core';
import { IconListCheck, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import type { AuditEntry } from '@parley/api-client/governance';
import { dateTime } from '~/shared/format/time';
import { words } from '~/shared/format/words';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { DataTable } from '~/shared/ui/data-table';
import { EmptyState } from '~/shared/ui/empty-state';
import { LoadMore } from '~/shared/ui/load-more';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { auditQuery, verifyAudit } from '../api/records';

/** SEC-5: the append-only log, and the proof that nobody has changed it. */
export function AuditList() {
  const t = text.records;
  const c = t.columns;
  const organisation = useOrganisation();
  const query = useInfiniteQuery(auditQuery(organisation));
  const verify = useMutation({ mutationFn: () => verifyAudit(organisation) });
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.error) return <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Loader aria-label={text.loading} />;
  if (entries.length === 0) return <EmptyState icon={IconListCheck} title={t.noAudit} hint={t.noAuditHint} />;
  return (
    <Stack>
      <Group>
        <Button
          variant="default"
          leftSection={<IconShieldCheck size={16} />}
          loading={verify.isPending}
          onClick={() => verify.mutate()}
        >
          {t.verify}
        </Button>
      </Group>
      <ProblemAlert error={verify.error} />
      {verify.data && (
        <Alert
          role="status"
          color={verify.data.ok ? 'green' : 'red'}
          icon={verify.data.ok ? <IconShieldCheck size={20} /> : <IconShieldX size={20} />}
        >
          {verify.data.ok
            ? t.verifyOk(verify.data.entries)
            : `${t.verifyBroken(verify.data.broken_at)} ${verify.data.detail}`}
        </Alert>
      )}
      <DataTable
        caption={t.auditCaption}
        columns={[c.seq, c.when, c.who, c.what, c.target, c.result, c.from]}
      >
        {entries.map((entry) => (
          <Table.Tr key={entry.seq}>
            <Table.Td data-label={c.seq}>{entry.seq}</Table.Td>
            <Table.Td data-label={c.when}>{dateTime(entry.at)}</Table.Td>
            <Table.Td data-label={c.who}>{who(entry)}</Table.Td>
            <Table.Td data-label={c.what}>{words(entry.action)}</Table.Td>
            <Table.Td data-label={c.target}>{target(entry)}</Table.Td>
            <Table.Td data-label={c.result}>{words(entry.result)}</Table.Td>
            <Table.Td data-label={c.from}>{entry.ip || '–'}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      <LoadMore
        more={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </Stack>
  );
}

function who(entry: AuditEntry): string {
  return entry.actor.name || short(entry.actor);
}

function target(entry: AuditEntry): string {
  return short(entry.target);
}

/** An identifier's last digits tell things apart; time-ordered ids begin alike. */
function short(thing: { kind: string; id: string }): string {
  return thing.id.length > 20
    ? `${words(thing.kind)} …${thing.id.slice(-8)}`
    : `${words(thing.kind)} ${thing.id}`.trim();
}
