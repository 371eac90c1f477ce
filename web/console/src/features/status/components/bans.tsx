import { Button, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { SipBan } from '@parley/api-client/sip';
import { keys } from '~/shared/api/keys';
import { dateTime } from '~/shared/format/time';
import { useMay } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { DataTable } from '~/shared/ui/data-table';
import { EmptyState } from '~/shared/ui/empty-state';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { addBan, bansQuery, removeBan, type BanDraft } from '../api/bans';
import classes from './status-page.module.css';

const kEmpty: BanDraft = { kind: 'ban', address: '', reason: '' };

/** Who is told nothing on the SIP port, and who never is banned; kept fresh by security.* events. */
export function Bans() {
  const t = text.status.bans;
  const c = t.columns;
  const queryClient = useQueryClient();
  const mayWrite = useMay('bans.write');
  const query = useQuery(bansQuery);
  const remove = useMutation({
    mutationFn: removeBan,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.bans }),
  });
  return (
    <section aria-label={t.title}>
      <h2 className={classes.title}>{t.title}</h2>
      <ProblemAlert error={query.error ?? remove.error} onRetry={() => void query.refetch()} />
      {query.data?.length === 0 && <EmptyState icon={IconShieldCheck} title={t.none} hint={t.noneHint} />}
      {query.data && query.data.length > 0 && (
        <DataTable caption={t.title} columns={[c.address, c.kind, c.reason, c.by, c.until, c.action]}>
          {query.data.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td data-label={c.address}>{one.address}</Table.Td>
              <Table.Td data-label={c.kind}>{t.kinds[one.kind]}</Table.Td>
              <Table.Td data-label={c.reason}>{one.reason}</Table.Td>
              <Table.Td data-label={c.by}>{one.by === 'parleyd' ? t.byServer : one.by}</Table.Td>
              <Table.Td data-label={c.until}>{one.until ? dateTime(one.until) : t.forever}</Table.Td>
              <Table.Td data-label={c.action}>
                {mayWrite && one.by !== 'settings' && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={t.removeOne(one.address)}
                    onClick={() => remove.mutate(one.id)}
                  >
                    {t.remove}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {mayWrite && <BanForm />}
    </section>
  );
}

function BanForm() {
  const t = text.status.bans;
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(kEmpty);
  const add = useMutation({
    mutationFn: () => addBan({ ...draft, address: draft.address.trim() }),
    onSuccess: async () => {
      setDraft(kEmpty);
      await queryClient.invalidateQueries({ queryKey: keys.bans });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft.address.trim() !== '') add.mutate();
  };
  return (
    <form onSubmit={submit} className={classes.banForm}>
      <ProblemAlert error={add.error} />
      <NativeSelect
        label={t.columns.kind}
        value={draft.kind}
        data={(['ban', 'allow'] as const).map((kind) => ({ value: kind, label: t.kinds[kind] }))}
        onChange={(event) => setDraft({ ...draft, kind: event.currentTarget.value as SipBan['kind'] })}
      />
      <TextInput
        label={t.columns.address}
        placeholder="192.0.2.0/24"
        value={draft.address}
        onChange={(event) => setDraft({ ...draft, address: event.currentTarget.value })}
      />
      <TextInput
        label={t.columns.reason}
        value={draft.reason}
        onChange={(event) => setDraft({ ...draft, reason: event.currentTarget.value })}
      />
      <Button type="submit" loading={add.isPending}>
        {t.add}
      </Button>
    </form>
  );
}
