import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';

export interface Player {
  position: number;
  playing: boolean;
  failed: boolean;
  rate: number;
  muted: boolean;
  seek: (seconds: number) => void;
  play: () => void;
  toggle: () => void;
  setRate: (rate: number) => void;
  toggleMute: () => void;
}

/**
 * One <audio> element that waveform, transcript and claims share. Nothing is fetched before somebody plays or seeks:
 * each access to the audio stands in the audit log.
 */
export function usePlayer(audioRef: RefObject<HTMLAudioElement | null>): Player {
  /** Where to begin once the audio is there. */
  const wanted = useRef(0);
  const [position, setPosition] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const [rate, setRateState] = useState(1);
  const [muted, setMuted] = useState(false);

  useEffect(() => {
    const element = audioRef.current;
    if (!element) return;
    let frame = 0;
    const read = () => setPosition(element.currentTime);
    // timeupdate comes four times a second; the highlighted turn should not lag behind the voice.
    const follow = () => {
      read();
      frame = element.paused ? 0 : requestAnimationFrame(follow);
    };
    const started = () => {
      setPlaying(true);
      setFailed(false);
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(follow);
    };
    const stopped = () => {
      setPlaying(false);
      read();
    };
    const broke = () => {
      setPlaying(false);
      setFailed(true);
    };
    const listeners: [keyof HTMLMediaElementEventMap, () => void][] = [
      ['play', started],
      ['pause', stopped],
      ['ended', stopped],
      ['timeupdate', read],
      ['seeking', read],
      ['error', broke],
    ];
    for (const [name, listener] of listeners) element.addEventListener(name, listener);
    return () => {
      cancelAnimationFrame(frame);
      for (const [name, listener] of listeners) element.removeEventListener(name, listener);
    };
  }, [audioRef]);

  const seek = useCallback(
    (seconds: number) => {
      const element = audioRef.current;
      if (!element) return;
      setPosition(seconds);
      wanted.current = seconds;
      if (element.readyState !== HTMLMediaElement.HAVE_NOTHING) {
        element.currentTime = seconds;
      } else if (element.preload === 'none') {
        element.preload = 'auto';
        element.addEventListener('loadedmetadata', () => (element.currentTime = wanted.current), {
          once: true,
        });
        element.load();
      }
    },
    [audioRef],
  );

  const play = useCallback(() => {
    // A pause() before the data came rejects the promise; the 'error' event tells of real trouble.
    audioRef.current?.play()?.catch(() => undefined);
  }, [audioRef]);

  const toggle = useCallback(() => {
    if (audioRef.current?.paused === false) audioRef.current.pause();
    else play();
  }, [audioRef, play]);

  const setRate = useCallback(
    (next: number) => {
      if (audioRef.current) audioRef.current.playbackRate = next;
      setRateState(next);
    },
    [audioRef],
  );

  const toggleMute = useCallback(() => {
    if (!audioRef.current) return;
    audioRef.current.muted = !audioRef.current.muted;
    setMuted(audioRef.current.muted);
  }, [audioRef]);

  return { position, playing, failed, rate, muted, seek, play, toggle, setRate, toggleMute };
}
