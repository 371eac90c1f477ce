import { Button, Group, NativeSelect, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Role, UserDraft } from '@parley/api-client/accounts';
import { keys } from '~/shared/api/keys';
import { useSession } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dialog } from '~/shared/ui/dialog';
import { notifyDone } from '~/shared/ui/notify';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { createUser } from '../api/users';

const kPasswordLeast = 10;
const roles: Role[] = ['user', 'supervisor', 'auditor', 'administrator'];

export function UserForm({ onClose }: { onClose: () => void }) {
  const t = text.users;
  const { organisation } = useSession();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<UserDraft>({
    login: '',
    display_name: '',
    email: '',
    role: 'user',
    password: '',
  });
  const [tried, setTried] = useState(false);
  const create = useMutation({
    mutationFn: () => createUser(organisation, draft),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.users(organisation) });
      notifyDone(t.created);
      onClose();
    },
  });
  const loginWrong = !/^\S+$/.test(draft.login);
  const passwordWrong = draft.password.length < kPasswordLeast;
  const set = (part: Partial<UserDraft>) => setDraft((now) => ({ ...now, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!loginWrong && !passwordWrong) create.mutate();
  };
  return (
    <Dialog opened onClose={onClose} title={t.create}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            label={t.login}
            required
            data-autofocus
            autoComplete="off"
            error={tried && loginWrong && t.loginInvalid}
            value={draft.login}
            onChange={(event) => set({ login: event.currentTarget.value })}
          />
          <TextInput
            label={t.name}
            value={draft.display_name}
            onChange={(event) => set({ display_name: event.currentTarget.value })}
          />
          <TextInput
            label={t.email}
            type="email"
            value={draft.email}
            onChange={(event) => set({ email: event.currentTarget.value })}
          />
          <NativeSelect
            label={t.role}
            value={draft.role}
            data={roles.map((role) => ({ value: role, label: text.roles[role] }))}
            onChange={(event) => set({ role: event.currentTarget.value as Role })}
          />
          <PasswordInput
            label={t.password}
            description={t.passwordHint}
            required
            autoComplete="new-password"
            error={tried && passwordWrong && t.passwordShort}
            value={draft.password}
            visibilityToggleButtonProps={{ 'aria-label': text.extensions.showPassword }}
            onChange={(event) => set({ password: event.currentTarget.value })}
          />
          <ProblemAlert error={create.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.cancel}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {text.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
