import {
  Button,
  Checkbox,
  Group,
  NativeSelect,
  NumberInput,
  Radio,
  Stack,
  Switch,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { DialRoute } from '@parley/api-client/routes';
import type { Extension } from '@parley/api-client/telephony';
import { extensionsQuery } from '~/shared/api/extensions';
import { keys } from '~/shared/api/keys';
import { trunksQuery } from '~/shared/api/trunks';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dialog } from '~/shared/ui/dialog';
import { notifyDone } from '~/shared/ui/notify';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { changeRoute, createRoute } from '../api/save-route';
import { reasonText } from './describe';
import { draftOf, formOf, kindOf, mistakesIn, type FormState, type Kind, type Mistakes } from './route-draft';
import classes from './route-form.module.css';

interface FieldsProps {
  form: FormState;
  mistakes: Mistakes;
  extensions: Extension[];
  set: (change: Partial<FormState>) => void;
}

/** Create when there is no route yet, else edit. */
export function RouteForm({ route, onClose }: { route: DialRoute | null; onClose: () => void }) {
  const t = text.routes;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const extensions = useQuery(extensionsQuery(organisation)).data ?? [];
  const [form, setForm] = useState(() => formOf(route));
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      route ? changeRoute(organisation, route.id, draftOf(form)) : createRoute(organisation, draftOf(form)),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.routes(organisation) });
      notifyDone(route ? t.saved : t.created);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakesIn(form)).length === 0) save.mutate();
  };
  const fields: FieldsProps = {
    form,
    mistakes: tried ? mistakesIn(form) : {},
    extensions,
    set: (change) => setForm((now) => ({ ...now, ...change })),
  };
  return (
    <Dialog opened onClose={onClose} size="lg" title={route ? t.editTitle(route.name) : t.createTitle}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div className={classes.grid}>
            <TextInput
              label={t.name}
              required
              data-autofocus
              value={form.name}
              error={fields.mistakes.name}
              onChange={(event) => fields.set({ name: event.currentTarget.value })}
            />
            <TextInput
              label={t.pattern}
              description={t.patternHint}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              required
              autoCapitalize="none"
              autoCorrect="off"
              spellCheck={false}
              classNames={{ input: classes.pattern ?? '' }}
              value={form.pattern}
              error={fields.mistakes.pattern}
              onChange={(event) => fields.set({ pattern: event.currentTarget.value })}
            />
          </div>
          <Destination {...fields} />
          <Callers {...fields} />
          <Switch
            label={t.enabled}
            description={t.enabledHint}
            checked={form.enabled}
            onChange={(event) => fields.set({ enabled: event.currentTarget.checked })}
          />
          <ProblemAlert error={save.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.cancel}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {route ? text.save : text.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

const kinds: Exclude<Kind, 'keep'>[] = ['extension', 'number', 'changed', 'trunk', 'echo_test', 'refuse'];

function Destination({ form, mistakes, extensions, set }: FieldsProps) {
  const t = text.routes;
  const offered = kinds.map((kind) => ({ value: kind as Kind, label: t.kinds[kind] }));
  if (kindOf(form.kept) === 'keep') offered.push({ value: 'keep', label: t.keepKind(form.kept.kind) });
  const numbers = extensions.map(({ number, display_name }) => ({
    value: number,
    label: display_name ? `${number} · ${display_name}` : number,
  }));
  return (
    <div className={classes.grid}>
      <NativeSelect
        label={t.destination}
        data={offered}
        value={form.kind}
        onChange={(event) => set({ kind: event.currentTarget.value as Kind })}
      />
      {form.kind === 'extension' && (
        <NativeSelect
          label={t.extension}
          required
          data={[{ value: '', label: t.choose }, ...numbers]}
          value={form.extension}
          error={mistakes.extension}
          onChange={(event) => set({ extension: event.currentTarget.value })}
        />
      )}
      {form.kind === 'number' && (
        <TextInput
          label={t.number}
          description={t.numberHint}
          required
          inputMode="tel"
          value={form.number}
          error={mistakes.number}
          onChange={(event) => set({ number: event.currentTarget.value })}
        />
      )}
      {form.kind === 'trunk' && <Trunks form={form} mistakes={mistakes} set={set} />}
      {form.kind === 'refuse' && (
        <NativeSelect
          label={t.reason}
          data={Object.keys(t.reasons).map((reason) => ({ value: reason, label: reasonText(reason) }))}
          value={form.reason}
          onChange={(event) => set({ reason: event.currentTarget.value })}
        />
      )}
      {(form.kind === 'changed' || form.kind === 'trunk') && (
        <>
          <NumberInput
            label={t.stripLabel}
            min={0}
            max={64}
            allowDecimal={false}
            value={form.strip}
            error={mistakes.strip}
            onChange={(value) => set({ strip: Number(value) || 0 })}
          />
          <TextInput
            label={t.prependLabel}
            inputMode="tel"
            value={form.prepend}
            onChange={(event) => set({ prepend: event.currentTarget.value })}
          />
        </>
      )}
    </div>
  );
}

function Trunks({ form, mistakes, set }: Omit<FieldsProps, 'extensions'>) {
  const t = text.routes;
  const trunks = useQuery(trunksQuery(useOrganisation())).data ?? [];
  const names = [...new Set([...trunks.map((one) => one.name), form.trunk, form.otherTrunk])].filter(Boolean);
  return (
    <>
      <NativeSelect
        label={t.trunk}
        required
        data={[{ value: '', label: t.choose }, ...names]}
        value={form.trunk}
        error={mistakes.trunk}
        onChange={(event) => set({ trunk: event.currentTarget.value })}
      />
      <NativeSelect
        label={t.otherTrunk}
        data={[{ value: '', label: t.noOther }, ...names]}
        value={form.otherTrunk}
        error={mistakes.otherTrunk}
        onChange={(event) => set({ otherTrunk: event.currentTarget.value })}
      />
    </>
  );
}

function Callers({ form, mistakes, extensions, set }: FieldsProps) {
  const t = text.routes;
  // One that was deleted meanwhile still stands in the route: it can be taken out here.
  const gone = form.callers.filter((number) => !extensions.some((one) => one.number === number));
  const offered = [
    ...extensions.map(({ number, display_name }) => ({ number, display_name })),
    ...gone.map((number) => ({ number, display_name: '' })),
  ];
  return (
    <Stack gap="xs">
      <Radio.Group
        label={t.who}
        value={form.restricted ? 'some' : 'everybody'}
        onChange={(value) => set({ restricted: value === 'some' })}
      >
        <Group mt={4}>
          <Radio value="everybody" label={t.everybody} />
          <Radio value="some" label={t.some} />
        </Group>
      </Radio.Group>
      {form.restricted && (
        <Checkbox.Group
          aria-label={t.some}
          error={mistakes.callers}
          value={form.callers}
          onChange={(callers) => set({ callers })}
        >
          <div className={classes.callers}>
            {offered.map(({ number, display_name }) => (
              <Checkbox
                key={number}
                value={number}
                label={display_name ? `${number} · ${display_name}` : number}
              />
            ))}
          </div>
        </Checkbox.Group>
      )}
    </Stack>
  );
}
