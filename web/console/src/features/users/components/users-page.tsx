import { Button, Loader, Table, Text } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '@parley/api-client/accounts';
import { keys } from '~/shared/api/keys';
import { usersQuery } from '~/shared/api/users';
import { date } from '~/shared/format/time';
import { useMay, useOrganisation, useSession } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ActionCell, DataTable } from '~/shared/ui/data-table';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { notifyProblem } from '~/shared/ui/notify';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { setUserDisabled } from '../api/users';
import { UserForm } from './user-form';

export function UsersPage() {
  const t = text.users;
  const organisation = useOrganisation();
  const mayWrite = useMay('users.write');
  const query = useQuery(usersQuery(organisation));
  const [creating, setCreating] = useState(false);
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
      {t.create}
    </Button>
  );
  return (
    <Page title={t.title} subtitle={t.subtitle} actions={create}>
      <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending && !query.error && <Loader aria-label={text.loading} />}
      {query.data?.length === 0 && <EmptyState icon={IconUsers} title={t.emptyTitle} hint={t.emptyText} />}
      {query.data && query.data.length > 0 && (
        <DataTable caption={t.caption} columns={[t.name, t.role, t.since, t.state, '']}>
          {query.data.map((user) => (
            <UserRow key={user.id} user={user} mayWrite={mayWrite} />
          ))}
        </DataTable>
      )}
      {creating && <UserForm onClose={() => setCreating(false)} />}
    </Page>
  );
}

function UserRow({ user, mayWrite }: { user: User; mayWrite: boolean }) {
  const t = text.users;
  const { me, organisation } = useSession();
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: (disabled: boolean) => setUserDisabled(organisation, user.id, disabled),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.users(organisation) }),
    onError: notifyProblem,
  });
  const self = user.id === me.id;
  const name = user.display_name || user.login;
  return (
    <Table.Tr>
      <Table.Td>
        <div>
          <Text size="sm" fw={570}>
            {name}
            {self && ` (${t.you})`}
          </Text>
          <Text size="xs" c="dimmed">
            {[user.login, user.email].filter(Boolean).join(' · ')}
          </Text>
        </div>
      </Table.Td>
      <Table.Td data-label={t.role}>{text.roles[user.role] ?? user.role}</Table.Td>
      <Table.Td data-label={t.since}>{date(user.created_at)}</Table.Td>
      <Table.Td data-label={t.state}>
        <Dot tone={user.disabled ? 'neutral' : 'good'}>{user.disabled ? t.disabled : t.active}</Dot>
      </Table.Td>
      <ActionCell>
        {mayWrite && !self && (
          <Button
            size="xs"
            variant="default"
            loading={change.isPending}
            aria-label={user.disabled ? t.enableUser(name) : t.disableUser(name)}
            onClick={() => change.mutate(!user.disabled)}
          >
            {user.disabled ? t.enable : t.disable}
          </Button>
        )}
      </ActionCell>
    </Table.Tr>
  );
}
