import { ActionIcon, Button, Loader, Menu, Table, Text } from '@mantine/core';
import {
  IconBuildingBroadcastTower,
  IconDots,
  IconPencil,
  IconPlus,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Trunk, TrunkCondition, TrunkServer } from '@parley/api-client/trunks';
import { keys } from '~/shared/api/keys';
import { trunksQuery } from '~/shared/api/trunks';
import { dateTime } from '~/shared/format/time';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ConfirmDialog } from '~/shared/ui/confirm-dialog';
import { ActionCell, DataTable } from '~/shared/ui/data-table';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { notifyDone, notifyProblem } from '~/shared/ui/notify';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { deleteTrunk, retryTrunk } from '../api/trunks';
import { TrunkForm } from './trunk-form';

type Open =
  | { kind: 'nothing' }
  | { kind: 'create' }
  | { kind: 'edit'; trunk: Trunk }
  | { kind: 'delete'; trunk: Trunk };

/** Carriers and how they are; trunk.up and trunk.down refresh it at once. */
export function TrunksPage() {
  const t = text.trunks;
  const organisation = useOrganisation();
  const query = useQuery(trunksQuery(organisation));
  const mayWrite = useMay('trunks.write');
  const [open, setOpen] = useState<Open>({ kind: 'nothing' });
  const close = () => setOpen({ kind: 'nothing' });
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen({ kind: 'create' })}>
      {t.create}
    </Button>
  );
  const c = t.columns;
  return (
    <Page title={t.title} subtitle={t.subtitle} actions={create}>
      <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending && !query.error && <Loader aria-label={text.loading} />}
      {query.data?.length === 0 && (
        <EmptyState icon={IconBuildingBroadcastTower} title={t.emptyTitle} hint={t.emptyText} />
      )}
      {query.data && query.data.length > 0 && (
        <DataTable caption={t.caption} columns={[c.name, c.state, c.registered, c.probes, c.calls, '']}>
          {query.data.map((trunk) => (
            <TrunkRow key={trunk.id} trunk={trunk} mayWrite={mayWrite} onOpen={setOpen} />
          ))}
        </DataTable>
      )}
      {(open.kind === 'create' || open.kind === 'edit') && (
        <TrunkForm trunk={open.kind === 'edit' ? open.trunk : null} onClose={close} />
      )}
      {open.kind === 'delete' && <DeleteTrunk trunk={open.trunk} onClose={close} />}
    </Page>
  );
}

interface RowProps {
  trunk: Trunk;
  mayWrite: boolean;
  onOpen: (open: Open) => void;
}

function TrunkRow({ trunk, mayWrite, onOpen }: RowProps) {
  const t = text.trunks;
  const c = t.columns;
  const { state } = trunk;
  return (
    <Table.Tr>
      <Table.Td>
        <div>
          <Text size="sm" fw={570}>
            {trunk.name}
          </Text>
          <Text size="xs" c="dimmed">
            {[trunk.host, trunk.username].filter(Boolean).join(' · ')}
          </Text>
        </div>
      </Table.Td>
      <Table.Td data-label={c.state}>
        <div>
          <Dot tone={toneOf(state.condition)}>{t.conditions[state.condition]}</Dot>
          {state.reason !== '' && <Text size="xs">{state.reason}</Text>}
          {state.since && (
            <Text size="xs" c="dimmed">
              {t.since(dateTime(state.since))}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td data-label={c.registered}>
        <Registered trunk={trunk} />
      </Table.Td>
      <Table.Td data-label={c.probes}>
        <div>
          {state.servers.map((one) => (
            <Text size="xs" key={one.server}>
              {probeText(one)}
            </Text>
          ))}
        </div>
      </Table.Td>
      <Table.Td data-label={c.calls}>{t.callsOf(state.calls, trunk.channels)}</Table.Td>
      <ActionCell>{mayWrite && <Actions trunk={trunk} onOpen={onOpen} />}</ActionCell>
    </Table.Tr>
  );
}

function Actions({ trunk, onOpen }: Omit<RowProps, 'mayWrite'>) {
  const t = text.trunks;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const retry = useMutation({
    mutationFn: () => retryTrunk(organisation, trunk.id),
    onSuccess: async () => {
      notifyDone(t.retrying);
      await queryClient.invalidateQueries({ queryKey: keys.trunks(organisation) });
    },
    onError: notifyProblem,
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={text.actionsFor(trunk.name)}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {trunk.enabled && (
          <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => retry.mutate()}>
            {t.retry}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => onOpen({ kind: 'edit', trunk })}>
          {text.edit}
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} />}
          onClick={() => onOpen({ kind: 'delete', trunk })}
        >
          {text.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function toneOf(condition: TrunkCondition): 'good' | 'bad' | 'warn' | 'neutral' {
  switch (condition) {
    case 'up':
      return 'good';
    case 'connecting':
      return 'warn';
    case 'down':
    case 'refused':
      return 'bad';
    case 'off':
      return 'neutral';
    default:
      return condition satisfies never;
  }
}

function Registered({ trunk }: { trunk: Trunk }) {
  const t = text.trunks;
  const { registered_at: at, registered_until: until } = trunk.state;
  if (trunk.kind === 'peer') return t.byAddress;
  return (
    <div>
      <Text size="sm">{until ? t.registeredUntil(dateTime(until)) : t.notRegistered}</Text>
      {at && (
        <Text size="xs" c="dimmed">
          {t.registeredAt(dateTime(at))}
        </Text>
      )}
    </div>
  );
}

function probeText({ server, answers, asked_at: at }: TrunkServer): string {
  const t = text.trunks;
  if (answers === null || at === null) return t.notProbed(server);
  return answers ? t.answers(server, dateTime(at)) : t.silent(server, dateTime(at));
}

function DeleteTrunk({ trunk, onClose }: { trunk: Trunk; onClose: () => void }) {
  const t = text.trunks;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteTrunk(organisation, trunk.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.trunks(organisation) });
      notifyDone(t.deleted);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t.deleteTitle(trunk.name)}
      message={t.deleteText}
      confirm={text.delete}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
