import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, type PointerEvent, type RefObject } from 'react';
import WaveSurfer from 'wavesurfer.js';
import type { Waveform as Peaks } from '@parley/api-client/calls';
import classes from './waveform.module.css';

interface WaveformProps {
  peaks: Peaks;
  audio: RefObject<HTMLAudioElement | null>;
  label: string;
  onSeek: (seconds: number) => void;
}

/** Two channels from the server's peaks, moved by the <audio> element that the page owns; the audio is not fetched for the picture. */
export function Waveform({ peaks, audio, label, onSeek }: WaveformProps) {
  const frame = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const container = frame.current;
    const media = audio.current;
    if (!container || !media) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const [caller = [], callee = []] = peaks.channels;
    const bars = { barWidth: 2, barGap: 1, barRadius: 2, barMinHeight: 1 };
    const surfer = WaveSurfer.create({
      container,
      media,
      peaks: [caller, callee],
      duration: peaks.seconds,
      height: 52,
      cursorColor: colour('--mantine-color-text'),
      cursorWidth: 2,
      interact: false,
      hideScrollbar: true,
      ...bars,
      splitChannels: [
        { ...bars, waveColor: colour('--caller-faint'), progressColor: colour('--caller') },
        { ...bars, waveColor: colour('--callee-faint'), progressColor: colour('--callee') },
      ],
    });
    adoptStyles(surfer);
    return () => surfer.destroy();
  }, [peaks, audio, scheme]);

  const seekTo = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    onSeek(Math.min(1, Math.max(0, share)) * peaks.seconds);
  };

  // For pointers only; keyboards have the slider below it.
  return (
    <div
      ref={frame}
      className={classes.frame}
      role="img"
      aria-label={label}
      onPointerDown={seekTo}
      onPointerMove={seekTo}
    />
  );
}

/** The other half of the plugin in vite.config.ts: the style sheet that it kept in a <template> becomes a constructed one. */
function adoptStyles(surfer: WaveSurfer): void {
  const root = surfer.getWrapper().getRootNode();
  if (!(root instanceof ShadowRoot)) return;
  const template = root.querySelector<HTMLTemplateElement>('template.sheet');
  if (!template) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(template.content.textContent);
  root.adoptedStyleSheets = [sheet];
}
