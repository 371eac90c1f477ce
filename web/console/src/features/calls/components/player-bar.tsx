import { ActionIcon, NativeSelect } from '@mantine/core';
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRewindBackward10,
  IconRewindForward10,
  IconVolume,
  IconVolumeOff,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { RefObject } from 'react';
import type { CallDetail } from '@parley/api-client/calls';
import { clock } from '~/shared/format/time';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { Waveform } from '~/shared/ui/waveform';
import { audioAddress } from '../api/audio-address';
import { waveformQuery } from '../api/get-waveform';
import classes from './player-bar.module.css';
import type { Player } from './use-player';

const rates = [0.75, 1, 1.25, 1.5, 2];

interface PlayerBarProps {
  call: CallDetail;
  audio: RefObject<HTMLAudioElement | null>;
  player: Player;
}

export function PlayerBar({ call, audio, player }: PlayerBarProps) {
  const t = text.call;
  const organisation = useOrganisation();
  const waveform = useQuery(waveformQuery(organisation, call.id));
  const seconds = waveform.data?.seconds ?? call.recording?.seconds ?? 0;
  const jump = (by: number) => player.seek(Math.min(seconds, Math.max(0, player.position + by)));
  return (
    <section className={classes.player} aria-label={text.calls.recording}>
      {/* The transcript beside it is the text of this audio. */}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption */}
      <audio ref={audio} src={audioAddress(organisation, call.id)} preload="none" />
      <div className={classes.wave}>
        <div className={classes.names} aria-hidden="true">
          <span className={classes.caller}>{t.speakers.caller}</span>
          <span className={classes.callee}>{t.speakers.callee}</span>
        </div>
        {waveform.data ? (
          <Waveform peaks={waveform.data} audio={audio} label={t.waveform} onSeek={player.seek} />
        ) : (
          <div className={classes.placeholder}>
            <ProblemAlert error={waveform.error} onRetry={() => void waveform.refetch()} />
          </div>
        )}
      </div>
      <input
        className={classes.slider}
        type="range"
        min={0}
        max={Math.max(Math.ceil(seconds), 1)}
        step={1}
        value={Math.round(Math.min(player.position, seconds))}
        aria-label={t.position}
        aria-valuetext={clock(player.position)}
        onChange={(event) => player.seek(Number(event.currentTarget.value))}
      />
      <div className={classes.controls}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.back10} onClick={() => jump(-10)}>
          <IconRewindBackward10 size={20} />
        </ActionIcon>
        <ActionIcon
          size="xl"
          radius="xl"
          variant="filled"
          aria-label={player.playing ? t.pause : t.play}
          onClick={player.toggle}
        >
          {player.playing ? <IconPlayerPauseFilled size={20} /> : <IconPlayerPlayFilled size={20} />}
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.forward10} onClick={() => jump(10)}>
          <IconRewindForward10 size={20} />
        </ActionIcon>
        <span className={classes.time} data-testid="player-time">
          {clock(player.position)} / {clock(seconds)}
        </span>
        <span className={classes.grow} />
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={player.muted ? t.unmute : t.volume}
          onClick={player.toggleMute}
        >
          {player.muted ? <IconVolumeOff size={18} /> : <IconVolume size={18} />}
        </ActionIcon>
        <NativeSelect
          className={classes.speed ?? ''}
          size="xs"
          aria-label={t.speed}
          value={String(player.rate)}
          data={rates.map((rate) => ({ value: String(rate), label: `${rate}×` }))}
          onChange={(event) => player.setRate(Number(event.currentTarget.value))}
        />
      </div>
      {call.recording?.state === 'cut' && <p className={classes.note}>{t.recordingCut}</p>}
      {player.failed && (
        <p className={classes.note} role="alert">
          {t.audioFailed}
        </p>
      )}
    </section>
  );
}
