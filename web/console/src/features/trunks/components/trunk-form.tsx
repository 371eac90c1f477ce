import {
  Button,
  Group,
  NativeSelect,
  NumberInput,
  PasswordInput,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type {
  Trunk,
  TrunkDiversions,
  TrunkKind,
  TrunkNumbers,
  TrunkTransport,
} from '@parley/api-client/trunks';
import { keys } from '~/shared/api/keys';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dialog } from '~/shared/ui/dialog';
import { notifyDone } from '~/shared/ui/notify';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { changeTrunk, createTrunk } from '../api/trunks';
import { draftOf, formOf, mistakesIn, type Mistakes, type TrunkForm as Form } from './trunk-draft';
import classes from './trunk-form.module.css';

const options = <Name extends string>(labels: Record<Name, string>) =>
  (Object.entries(labels) as [Name, string][]).map(([value, label]) => ({ value, label }));

interface FieldsProps {
  form: Form;
  mistakes: Mistakes;
  set: (change: Partial<Form>) => void;
  known: boolean;
}

/** Create when there is no trunk yet, else edit. */
export function TrunkForm({ trunk, onClose }: { trunk: Trunk | null; onClose: () => void }) {
  const t = text.trunks;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const [form, setForm] = useState(() => formOf(trunk));
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      trunk ? changeTrunk(organisation, trunk.id, draftOf(form)) : createTrunk(organisation, draftOf(form)),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.trunks(organisation) });
      notifyDone(trunk ? t.saved : t.created);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakesIn(form, trunk)).length === 0) save.mutate();
  };
  const fields: FieldsProps = {
    form,
    mistakes: tried ? mistakesIn(form, trunk) : {},
    set: (change) => setForm((now) => ({ ...now, ...change })),
    known: trunk?.password_set ?? false,
  };
  return (
    <Dialog opened onClose={onClose} size="lg" title={trunk ? t.editTitle(trunk.name) : t.createTitle}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div className={classes.grid}>
            <Carrier {...fields} />
            <Account {...fields} />
            <Numbers {...fields} />
            <Switch
              className={classes.wide ?? ''}
              label={t.enabled}
              description={t.enabledHint}
              checked={form.enabled}
              onChange={(event) => fields.set({ enabled: event.currentTarget.checked })}
            />
          </div>
          <ProblemAlert error={save.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.cancel}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {trunk ? text.save : text.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Carrier({ form, mistakes, set }: FieldsProps) {
  const t = text.trunks;
  return (
    <>
      <TextInput
        label={t.name}
        description={t.nameHint}
        required
        data-autofocus
        value={form.name}
        error={mistakes.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label={t.host}
        description={t.hostHint}
        required
        autoCapitalize="none"
        spellCheck={false}
        value={form.host}
        error={mistakes.host}
        onChange={(event) => set({ host: event.currentTarget.value })}
      />
      <NativeSelect
        label={t.transport}
        description=" "
        data={options(t.transports)}
        value={form.transport}
        onChange={(event) => set({ transport: event.currentTarget.value as TrunkTransport })}
      />
      <NumberInput
        label={t.port}
        description={t.portHint}
        min={0}
        max={65535}
        value={form.port}
        onChange={(value) => set({ port: Number(value) || 0 })}
      />
    </>
  );
}

function Account({ form, mistakes, set, known }: FieldsProps) {
  const t = text.trunks;
  return (
    <>
      <NativeSelect
        className={classes.wide ?? ''}
        label={t.kind}
        data={options(t.kinds)}
        value={form.kind}
        onChange={(event) => set({ kind: event.currentTarget.value as TrunkKind })}
      />
      <TextInput
        label={t.username}
        description=" "
        required={form.kind === 'register'}
        autoComplete="off"
        autoCapitalize="none"
        value={form.username}
        error={mistakes.username}
        onChange={(event) => set({ username: event.currentTarget.value })}
      />
      <PasswordInput
        label={t.password}
        description={known ? t.passwordKept : t.passwordNew}
        required={form.kind === 'register' && !known}
        autoComplete="new-password"
        value={form.password}
        error={mistakes.password}
        visibilityToggleButtonProps={{ 'aria-label': t.showPassword }}
        onChange={(event) => set({ password: event.currentTarget.value })}
      />
      <TextInput
        label={t.realm}
        description={t.realmHint}
        value={form.realm}
        onChange={(event) => set({ realm: event.currentTarget.value })}
      />
      <NumberInput
        label={t.channels}
        description={t.channelsHint}
        min={0}
        max={10000}
        value={form.channels}
        onChange={(value) => set({ channels: Number(value) || 0 })}
      />
    </>
  );
}

function Numbers({ form, mistakes, set }: FieldsProps) {
  const t = text.trunks;
  return (
    <>
      <TextInput
        label={t.callerId}
        description={t.callerIdHint}
        inputMode="tel"
        value={form.caller_id}
        onChange={(event) => set({ caller_id: event.currentTarget.value })}
      />
      <TextInput
        label={t.countryCode}
        description={t.countryCodeHint}
        inputMode="numeric"
        value={form.country_code}
        onChange={(event) => set({ country_code: event.currentTarget.value })}
      />
      <NativeSelect
        className={classes.wide ?? ''}
        label={t.diversions}
        description={t.diversionsHint}
        data={options(t.diversionHeaders)}
        value={form.diversions}
        onChange={(event) => set({ diversions: event.currentTarget.value as TrunkDiversions })}
      />
      <NativeSelect
        className={classes.wide ?? ''}
        label={t.numbers}
        data={options(t.numberFormats)}
        value={form.numbers}
        onChange={(event) => set({ numbers: event.currentTarget.value as TrunkNumbers })}
      />
      <Textarea
        className={classes.wide ?? ''}
        label={t.inbound}
        description={t.inboundHint}
        rows={4}
        spellCheck={false}
        value={form.inbound}
        error={mistakes.inbound}
        onChange={(event) => set({ inbound: event.currentTarget.value })}
      />
    </>
  );
}
