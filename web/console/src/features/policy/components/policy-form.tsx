import { Alert, Button, NumberInput, Radio, Stack, Switch, Text, Textarea } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Policy, PolicyDraft } from '@parley/api-client/governance';
import { keys } from '~/shared/api/keys';
import { date, dateTime } from '~/shared/format/time';
import { usePersonName } from '~/shared/people/person-name';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { notifyDone } from '~/shared/ui/notify';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { savePolicy } from '../api/policy';
import classes from './policy-page.module.css';

const kDaysMost = 3650;
const kCdrDaysAtFirst = 365;

/** RET-3 and PBX-4 as a form, with its effect in plain words before it is saved. */
export function PolicyForm({ policy }: { policy: Policy }) {
  const t = text.policy;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const mayWrite = useMay('policy.write');
  const changedBy = usePersonName(policy.changed_by);
  const [draft, setDraft] = useState<PolicyDraft>(() => ({
    version: policy.version,
    recordings_days: policy.recordings_days,
    transcripts_follow_recordings: true,
    cdr_days: policy.cdr_days,
    announcement: policy.announcement,
  }));
  const set = (part: Partial<PolicyDraft>) => setDraft((now) => ({ ...now, ...part }));
  const save = useMutation({
    mutationFn: () => savePolicy(organisation, draft),
    onSuccess: async (saved) => {
      await queryClient.invalidateQueries({ queryKey: keys.policy(organisation) });
      notifyDone(t.saved(saved.version));
    },
  });
  const daysWrong = !validDays(draft.recordings_days);
  const cdrWrong = draft.cdr_days !== null && !validDays(draft.cdr_days);
  const textWrong = draft.announcement.mode === 'custom' && draft.announcement.text.trim() === '';
  const changed = isChanged(policy, draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!daysWrong && !cdrWrong && !textWrong && changed) save.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <fieldset disabled={!mayWrite} className={classes.fields}>
        <div className={classes.columns}>
          <div className={classes.card}>
            <h2 className={classes.title}>{t.retention}</h2>
            <Stack>
              <NumberInput
                classNames={{ wrapper: classes.number ?? '' }}
                label={t.recordingsDays}
                description={t.recordingsHint}
                min={1}
                max={kDaysMost}
                clampBehavior="none"
                allowDecimal={false}
                error={daysWrong && t.daysInvalid}
                value={draft.recordings_days}
                onChange={(value) => set({ recordings_days: Number(value) || 0 })}
              />
              <Switch
                label={t.cdrKeep}
                checked={draft.cdr_days !== null}
                onChange={(event) => set({ cdr_days: event.currentTarget.checked ? kCdrDaysAtFirst : null })}
              />
              {draft.cdr_days !== null && (
                <NumberInput
                  classNames={{ wrapper: classes.number ?? '' }}
                  label={t.cdrDays}
                  min={1}
                  max={kDaysMost}
                  clampBehavior="none"
                  allowDecimal={false}
                  error={cdrWrong && t.daysInvalid}
                  value={draft.cdr_days}
                  onChange={(value) => set({ cdr_days: Number(value) || 0 })}
                />
              )}
            </Stack>
            <hr className={classes.rule} />
            <h2 className={classes.title}>{t.announcement}</h2>
            <Stack>
              <Radio.Group
                label={t.announcementMode}
                description={t.announcementHint}
                value={draft.announcement.mode}
                onChange={(mode) =>
                  set({
                    announcement: { ...draft.announcement, mode: mode === 'custom' ? 'custom' : 'default' },
                  })
                }
              >
                <Stack gap="xs" mt="xs">
                  <Radio
                    value="default"
                    label={t.announcementDefault}
                    description={t.announcementDefaultText}
                  />
                  <Radio value="custom" label={t.announcementCustom} />
                </Stack>
              </Radio.Group>
              {draft.announcement.mode === 'custom' && (
                <Textarea
                  label={t.announcementText}
                  autosize
                  minRows={2}
                  maxLength={500}
                  error={textWrong && t.textMissing}
                  value={draft.announcement.text}
                  onChange={(event) =>
                    set({ announcement: { mode: 'custom', text: event.currentTarget.value } })
                  }
                />
              )}
            </Stack>
          </div>
          <aside className={classes.card} aria-labelledby="policy-effect">
            <h2 className={classes.title} id="policy-effect">
              {t.effect}
            </h2>
            <Stack>
              <ul className={classes.effect} aria-live="polite">
                {!daysWrong && <li>{t.recordingsEffect(dayAfter(draft.recordings_days))}</li>}
                <li>
                  {draft.cdr_days === null || cdrWrong ? t.cdrForever : t.cdrEffect(dayAfter(draft.cdr_days))}
                </li>
              </ul>
              {draft.recordings_days < policy.recordings_days && !daysWrong && (
                <Alert color="orange" icon={<IconAlertTriangle size={18} />}>
                  {t.shorter}
                </Alert>
              )}
              <ProblemAlert error={save.error} />
              {mayWrite && (
                <Button
                  type="submit"
                  loading={save.isPending}
                  disabled={!changed || daysWrong || cdrWrong || textWrong}
                >
                  {t.save}
                </Button>
              )}
              <Text size="xs" c="dimmed">
                {policy.changed_at === null
                  ? t.untouched
                  : t.current(policy.version, changedBy, dateTime(policy.changed_at))}
              </Text>
            </Stack>
          </aside>
        </div>
      </fieldset>
    </form>
  );
}

function validDays(days: number): boolean {
  return Number.isInteger(days) && days >= 1 && days <= kDaysMost;
}

function dayAfter(days: number): string {
  const day = new Date();
  day.setDate(day.getDate() + days);
  return date(day);
}

function isChanged(policy: Policy, draft: PolicyDraft): boolean {
  return (
    policy.recordings_days !== draft.recordings_days ||
    policy.cdr_days !== draft.cdr_days ||
    policy.announcement.mode !== draft.announcement.mode ||
    (draft.announcement.mode === 'custom' && policy.announcement.text !== draft.announcement.text)
  );
}
