import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconGavel, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { CallDetail, Hold } from '@parley/api-client/calls';
import { keys } from '~/shared/api/keys';
import { date, dateTime } from '~/shared/format/time';
import { words } from '~/shared/format/words';
import { PersonName } from '~/shared/people/person-name';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dialog } from '~/shared/ui/dialog';
import { Facts } from '~/shared/ui/facts';
import { notifyDone, notifyProblem } from '~/shared/ui/notify';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { liftHold, placeHold } from '../api/holds';
import panel from './panel.module.css';

interface CallKeepingProps {
  call: CallDetail;
  onDelete: (what: 'call' | 'recording') => void;
}

/** How long this call stays (RET-3), what keeps it (RET-10), and the way to delete it now (RET-9). */
export function CallKeeping({ call, onDelete }: CallKeepingProps) {
  const t = text.call.privacy;
  const mayDelete = useMay('calls.delete');
  const held = call.holds.length > 0;
  return (
    <Stack gap="lg">
      <section>
        <h3 className={panel.sub}>{t.deadlines}</h3>
        {call.deadlines.length === 0 ? (
          <Text size="sm">{t.noDeadlines}</Text>
        ) : (
          <Facts
            rows={call.deadlines.map((one) => [
              t.kinds[one.kind] ?? words(one.kind),
              `${t.due(date(one.due_at))} (${ruleInWords(one.rule)})`,
            ])}
          />
        )}
      </section>
      <Holds call={call} />
      {mayDelete && (
        <section>
          <h3 className={panel.sub}>{t.deleteTitle}</h3>
          <Text size="sm" mb="sm">
            {held ? text.call.remove.held : t.deleteText}
          </Text>
          <Group gap="xs">
            {call.recording && call.recording.state !== 'deleted' && (
              <Button
                variant="light"
                color="red"
                disabled={held}
                leftSection={<IconTrash size={16} />}
                onClick={() => onDelete('recording')}
              >
                {t.deleteRecording}
              </Button>
            )}
            <Button
              variant="light"
              color="red"
              disabled={held}
              leftSection={<IconTrash size={16} />}
              onClick={() => onDelete('call')}
            >
              {t.deleteCall}
            </Button>
          </Group>
        </section>
      )}
    </Stack>
  );
}

function Holds({ call }: { call: CallDetail }) {
  const t = text.call.privacy;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const may = useMay('holds.write');
  const [placing, setPlacing] = useState(false);
  const lift = useMutation({
    mutationFn: (hold: Hold) => liftHold(organisation, hold.id),
    onSuccess: () => {
      notifyDone(t.lifted);
      return queryClient.invalidateQueries({ queryKey: keys.call(organisation, call.id) });
    },
    onError: notifyProblem,
  });
  return (
    <section>
      <h3 className={panel.sub}>{t.holds}</h3>
      {call.holds.length === 0 ? (
        <Text size="sm" mb="sm">
          {t.noHolds}
        </Text>
      ) : (
        <Stack gap="xs" mb="sm">
          <Text size="sm">{t.holdActive}</Text>
          {call.holds.map((hold) => (
            <Alert key={hold.id} color="orange" icon={<IconGavel size={18} />} title={hold.reason}>
              <Group justify="space-between">
                <Text size="sm">
                  {t.since(dateTime(hold.created_at))}, <PersonName id={hold.created_by} />
                </Text>
                {may && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    loading={lift.isPending}
                    onClick={() => lift.mutate(hold)}
                  >
                    {t.lift}
                  </Button>
                )}
              </Group>
            </Alert>
          ))}
        </Stack>
      )}
      {may && (
        <Button variant="default" leftSection={<IconGavel size={16} />} onClick={() => setPlacing(true)}>
          {t.place}
        </Button>
      )}
      <PlaceHold call={call} opened={placing} onClose={() => setPlacing(false)} />
    </section>
  );
}

function PlaceHold({ call, opened, onClose }: { call: CallDetail; opened: boolean; onClose: () => void }) {
  const t = text.call.privacy;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState('');
  const place = useMutation({
    mutationFn: () => placeHold(organisation, call.id, reason.trim()),
    onSuccess: () => {
      setReason('');
      onClose();
      notifyDone(t.placed);
      return queryClient.invalidateQueries({ queryKey: keys.call(organisation, call.id) });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim() !== '') place.mutate();
  };
  return (
    <Dialog opened={opened} onClose={onClose} title={t.placeTitle}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={t.reason}
            description={t.reasonHint}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <ProblemAlert error={place.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.cancel}
            </Button>
            <Button type="submit" loading={place.isPending} disabled={reason.trim() === ''}>
              {t.place}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** "RET-3 recordings_days=90" → "90 days, RET-3"; other rules stay as the server words them. */
function ruleInWords(rule: string): string {
  const match = /^(\S+) \w+_days=(\d+)$/.exec(rule);
  return match ? `${text.call.privacy.days(Number(match[2]))}, ${match[1]}` : rule;
}
