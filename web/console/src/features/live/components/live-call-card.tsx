import { Button } from '@mantine/core';
import {
  IconArrowRight,
  IconFileText,
  IconPhoneOff,
  IconPlayerPause,
  IconPlayerRecord,
  IconPlayerStop,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { LiveCall, LiveParty, LiveRecording, RecordingAction } from '@parley/api-client/telephony';
import { keys } from '~/shared/api/keys';
import { partyName } from '~/shared/format/party';
import { clock, secondsSince } from '~/shared/format/time';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dot } from '~/shared/ui/dot';
import { notifyDone, notifyProblem } from '~/shared/ui/notify';
import { useNow } from '~/shared/ui/use-now';
import { controlRecording } from '../api/control-recording';
import { hangUp } from '../api/hang-up';
import classes from './live-call-card.module.css';

const tones = { ringing: 'warn', answered: 'good', held: 'neutral' } as const;

/** What may be asked of a recording in each of its states. */
const offered: Record<LiveRecording, RecordingAction[]> = {
  off: ['start'],
  notice: ['stop'],
  on: ['pause', 'stop'],
  paused: ['resume', 'stop'],
  failed: [],
};

const icons = {
  start: IconPlayerRecord,
  pause: IconPlayerPause,
  resume: IconPlayerRecord,
  stop: IconPlayerStop,
};

export function LiveCallCard({ call }: { call: LiveCall }) {
  const t = text.live;
  const now = useNow();
  return (
    <section
      className={classes.card}
      aria-label={t.callBetween(partyName(call.caller), partyName(call.callee))}
    >
      <div>
        <div className={classes.parties}>
          <PartyText party={call.caller} />
          <span className={classes.arrow} aria-hidden="true">
            <IconArrowRight size={16} />
          </span>
          <PartyText party={call.callee} />
        </div>
        <div className={classes.states}>
          <Dot tone={tones[call.state]} pulse={call.state === 'ringing'}>
            {t.states[call.state]}
          </Dot>
          <RecordingState state={call.recording} />
        </div>
      </div>
      <div className={classes.clock}>{clock(secondsSince(call.answered_at ?? call.started_at, now))}</div>
      <Actions call={call} />
    </section>
  );
}

function PartyText({ party }: { party: LiveParty }) {
  return (
    <span>
      <span className={classes.name}>{partyName(party)}</span>
      {party.name && <span className={classes.number}>{party.number}</span>}
    </span>
  );
}

function RecordingState({ state }: { state: LiveRecording }) {
  if (state === 'off') return null;
  const tone = state === 'paused' || state === 'notice' ? 'warn' : 'bad';
  return (
    <Dot tone={tone} pulse={state === 'on'}>
      {text.live.recording[state]}
    </Dot>
  );
}

function Actions({ call }: { call: LiveCall }) {
  const t = text.live;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const mayControl = useMay('recordings.control');
  const mayHangUp = useMay('calls.control');
  const refresh = () => queryClient.invalidateQueries({ queryKey: keys.live(organisation) });
  const record = useMutation({
    mutationFn: (action: RecordingAction) => controlRecording(organisation, call.id, action),
    onSuccess: refresh,
    onError: notifyProblem,
  });
  const end = useMutation({
    mutationFn: () => hangUp(organisation, call.id),
    onSuccess: () => {
      queryClient.setQueryData<LiveCall[]>(keys.live(organisation), (calls) =>
        calls?.filter((one) => one.id !== call.id),
      );
      notifyDone(t.hungUp);
      return refresh();
    },
    onError: notifyProblem,
  });
  const actions = call.state === 'ringing' || !mayControl ? [] : offered[call.recording];
  return (
    <div className={classes.actions}>
      {(call.recording === 'on' || call.recording === 'paused') && (
        <Button
          renderRoot={(props) => <Link to="/calls/$callId" params={{ callId: call.id }} {...props} />}
          size="xs"
          variant="default"
          leftSection={<IconFileText size={15} />}
        >
          {t.open}
        </Button>
      )}
      {actions.map((action) => {
        const IconShape = icons[action];
        return (
          <Button
            key={action}
            size="xs"
            variant="default"
            leftSection={<IconShape size={15} />}
            loading={record.isPending && record.variables === action}
            onClick={() => record.mutate(action)}
          >
            {t[action]}
          </Button>
        );
      })}
      {mayHangUp && (
        <Button
          size="xs"
          color="red"
          variant="light"
          leftSection={<IconPhoneOff size={15} />}
          loading={end.isPending}
          onClick={() => end.mutate()}
        >
          {t.hangUp}
        </Button>
      )}
    </div>
  );
}
