import { Button, Group, NumberInput, Stack, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Extension, ExtensionDraft } from '@parley/api-client/telephony';
import { keys } from '~/shared/api/keys';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dialog } from '~/shared/ui/dialog';
import { notifyDone } from '~/shared/ui/notify';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { changeExtension, createExtension } from '../api/save-extension';
import classes from './extension-form.module.css';

const empty: ExtensionDraft = {
  number: '',
  display_name: '',
  email: '',
  mobile: '',
  site: '',
  department: '',
  caller_id: '',
  recording: 'off',
  ring_timeout_s: 30,
  enabled: true,
};

function draftOf(extension: Extension | null): ExtensionDraft {
  if (!extension) return empty;
  const draft = { ...empty };
  for (const key of Object.keys(empty) as (keyof ExtensionDraft)[])
    Object.assign(draft, { [key]: extension[key] ?? empty[key] });
  return draft;
}

type Mistakes = Partial<Record<keyof ExtensionDraft, string>>;

export function mistakesIn(draft: ExtensionDraft): Mistakes {
  const t = text.extensions;
  const found: Mistakes = {};
  if (!/^\d{2,10}$/.test(draft.number)) found.number = t.numberInvalid;
  if (draft.display_name.trim() === '') found.display_name = t.nameMissing;
  if (!(draft.ring_timeout_s >= 5 && draft.ring_timeout_s <= 180)) found.ring_timeout_s = t.timeoutInvalid;
  return found;
}

/** Create when there is no extension yet, else edit. */
export function ExtensionForm({ extension, onClose }: { extension: Extension | null; onClose: () => void }) {
  const t = text.extensions;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(extension));
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      extension ? changeExtension(organisation, extension.id, draft) : createExtension(organisation, draft),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.extensions(organisation) });
      notifyDone(extension ? t.saved : t.created);
      onClose();
    },
  });
  const mistakes = tried ? mistakesIn(draft) : {};
  const field = (key: Exclude<keyof ExtensionDraft, 'recording' | 'ring_timeout_s' | 'enabled'>) => ({
    value: draft[key],
    error: mistakes[key],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((now) => ({ ...now, [key]: value }));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakesIn(draft)).length === 0) save.mutate();
  };
  return (
    <Dialog
      opened
      onClose={onClose}
      size="lg"
      title={extension ? t.editTitle(extension.number) : t.createTitle}
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          <div className={classes.grid}>
            <TextInput label={t.number} inputMode="numeric" data-autofocus required {...field('number')} />
            <TextInput label={t.name} required {...field('display_name')} />
            <TextInput label={t.email} type="email" {...field('email')} />
            <TextInput label={t.mobile} type="tel" {...field('mobile')} />
            <TextInput label={t.department} {...field('department')} />
            <TextInput label={t.site} {...field('site')} />
            <TextInput label={t.callerId} description={t.callerIdHint} {...field('caller_id')} />
            <NumberInput
              label={t.ringTimeout}
              description=" "
              min={5}
              max={180}
              clampBehavior="none"
              error={mistakes.ring_timeout_s}
              value={draft.ring_timeout_s}
              onChange={(value) => setDraft((now) => ({ ...now, ring_timeout_s: Number(value) || 0 }))}
            />
            <Switch
              className={classes.wide ?? ''}
              label={t.recording}
              description={t.recordingHint}
              checked={draft.recording === 'on'}
              onChange={(event) => {
                const { checked } = event.currentTarget;
                setDraft((now) => ({ ...now, recording: checked ? 'on' : 'off' }));
              }}
            />
            <Switch
              className={classes.wide ?? ''}
              label={t.enabled}
              description={t.enabledHint}
              checked={draft.enabled}
              onChange={(event) => {
                const { checked } = event.currentTarget;
                setDraft((now) => ({ ...now, enabled: checked }));
              }}
            />
          </div>
          <ProblemAlert error={save.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.cancel}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {extension ? text.save : text.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
