import { ActionIcon, Badge, Button, Loader, Menu, Table, Text } from '@mantine/core';
import { IconAddressBook, IconDots, IconPencil, IconPlus, IconQrcode, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Extension } from '@parley/api-client/telephony';
import { extensionsQuery } from '~/shared/api/extensions';
import { keys } from '~/shared/api/keys';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ConfirmDialog } from '~/shared/ui/confirm-dialog';
import { ActionCell, DataTable } from '~/shared/ui/data-table';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { notifyDone } from '~/shared/ui/notify';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { deleteExtension } from '../api/delete-extension';
import { ExtensionForm } from './extension-form';
import { PhoneDialog } from './phone-dialog';

type Open =
  | { kind: 'nothing' }
  | { kind: 'create' }
  | { kind: 'edit'; extension: Extension }
  | { kind: 'phone'; extension: Extension }
  | { kind: 'delete'; extension: Extension };

export function ExtensionsPage() {
  const t = text.extensions;
  const organisation = useOrganisation();
  const query = useQuery(extensionsQuery(organisation));
  const mayWrite = useMay('extensions.write');
  const [open, setOpen] = useState<Open>({ kind: 'nothing' });
  const close = () => setOpen({ kind: 'nothing' });
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen({ kind: 'create' })}>
      {t.create}
    </Button>
  );
  return (
    <Page title={t.title} subtitle={t.subtitle} actions={create}>
      <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending && !query.error && <Loader aria-label={text.loading} />}
      {query.data?.length === 0 && (
        <EmptyState icon={IconAddressBook} title={t.emptyTitle} hint={t.emptyText} />
      )}
      {query.data && query.data.length > 0 && (
        <DataTable caption={t.caption} columns={[t.name, t.number, t.department, t.phones, t.recording, '']}>
          {query.data.map((extension) => (
            <ExtensionRow key={extension.id} extension={extension} onOpen={setOpen} />
          ))}
        </DataTable>
      )}
      {(open.kind === 'create' || open.kind === 'edit') && (
        <ExtensionForm extension={open.kind === 'edit' ? open.extension : null} onClose={close} />
      )}
      {open.kind === 'phone' && <PhoneDialog extension={open.extension} onClose={close} />}
      {open.kind === 'delete' && <DeleteExtension extension={open.extension} onClose={close} />}
    </Page>
  );
}

function ExtensionRow({ extension, onOpen }: { extension: Extension; onOpen: (open: Open) => void }) {
  const t = text.extensions;
  const mayWrite = useMay('extensions.write');
  const mayShow = useMay('phones.show');
  return (
    <Table.Tr>
      <Table.Td>
        <div>
          <Text size="sm" fw={570}>
            {extension.display_name || extension.number}
          </Text>
          {extension.email && (
            <Text size="xs" c="dimmed">
              {extension.email}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td data-label={t.number}>{extension.number}</Table.Td>
      <Table.Td {...(extension.department || extension.site ? { 'data-label': t.department } : {})}>
        {[extension.department, extension.site].filter(Boolean).join(', ')}
      </Table.Td>
      <Table.Td data-label={t.phones}>
        <PhoneState extension={extension} />
      </Table.Td>
      <Table.Td {...(extension.recording === 'on' ? { 'data-label': t.recording } : {})}>
        {extension.recording === 'on' && <Badge color="red">{t.recorded}</Badge>}
      </Table.Td>
      <ActionCell>
        {mayShow && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconQrcode size={15} />}
            aria-label={t.phoneTitle(extension.number)}
            onClick={() => onOpen({ kind: 'phone', extension })}
          >
            {t.showPhone}
          </Button>
        )}
        {mayWrite && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={text.actionsFor(extension.number)}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<IconPencil size={16} />}
                onClick={() => onOpen({ kind: 'edit', extension })}
              >
                {text.edit}
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<IconTrash size={16} />}
                onClick={() => onOpen({ kind: 'delete', extension })}
              >
                {text.delete}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </ActionCell>
    </Table.Tr>
  );
}

function PhoneState({ extension }: { extension: Extension }) {
  const t = text.extensions;
  const ready = extension.devices.filter((device) => device.registered).length;
  if (!extension.enabled) return <Dot tone="neutral">{t.disabled}</Dot>;
  if (ready === 0) return <Dot tone="neutral">{t.notRegistered}</Dot>;
  return <Dot tone="good">{t.phonesReady(ready, extension.devices.length)}</Dot>;
}

function DeleteExtension({ extension, onClose }: { extension: Extension; onClose: () => void }) {
  const t = text.extensions;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteExtension(organisation, extension.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.extensions(organisation) });
      notifyDone(t.deleted);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t.deleteTitle(extension.number)}
      message={t.deleteText}
      confirm={text.delete}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
