import { Highlight, Switch, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type { Transcript, Turn } from '@parley/api-client/calls';
import { clock } from '~/shared/format/time';
import { text } from '~/shared/text/text';
import { Dot } from '~/shared/ui/dot';
import panel from './panel.module.css';
import classes from './transcript-panel.module.css';
import { activeTurn, countMatches } from './turns';

interface TranscriptPanelProps {
  transcript: Transcript;
  position: number;
  /** Turns that the chosen claim points to. */
  evidence: number[];
  /** Null when there is no audio to seek in. */
  onSeek: ((seconds: number) => void) | null;
}

export function TranscriptPanel({ transcript, position, evidence, onSeek }: TranscriptPanelProps) {
  const t = text.call;
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const scroll = useRef<HTMLDivElement>(null);
  const active = onSeek ? activeTurn(transcript.turns, position) : -1;
  const term = search.trim();
  const matches = useMemo(() => countMatches(transcript.turns, term), [transcript.turns, term]);
  const firstEvidence = evidence[0];

  useEffect(() => {
    if (firstEvidence !== undefined) show(scroll.current, firstEvidence);
  }, [firstEvidence, evidence]);
  useEffect(() => {
    if (follow && term === '' && active >= 0) show(scroll.current, active);
  }, [follow, term, active]);
  const newest = transcript.provisional ? transcript.turns.length - 1 : -1;
  useEffect(() => {
    if (follow && term === '' && newest >= 0 && firstEvidence === undefined) show(scroll.current, newest);
  }, [follow, term, newest, firstEvidence]);
  useEffect(() => {
    if (matches.first >= 0) show(scroll.current, matches.first);
  }, [matches]);

  return (
    <section className={panel.panel} aria-labelledby="transcript-title">
      <div className={panel.head}>
        <h2 className={panel.title} id="transcript-title">
          {t.transcript}
        </h2>
        {transcript.provisional && (
          <Dot tone="warn" pulse>
            {t.provisional}
          </Dot>
        )}
        {onSeek && !transcript.provisional && (
          <Switch
            size="xs"
            label={t.follow}
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
          />
        )}
      </div>
      <div className={classes.search}>
        <TextInput
          size="xs"
          type="search"
          aria-label={t.searchTranscript}
          placeholder={t.searchTranscript}
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <span className={classes.matches} role="status">
          {term === '' ? '' : t.matches(matches.count)}
        </span>
      </div>
      <div className={classes.scroll} ref={scroll}>
        <ol className={classes.turns}>
          {transcript.turns.map((turn, index) => (
            <TurnRow
              key={index}
              index={index}
              turn={turn}
              active={index === active}
              evidence={evidence.includes(index)}
              term={term}
              onSeek={onSeek}
            />
          ))}
        </ol>
      </div>
    </section>
  );
}

interface TurnRowProps {
  index: number;
  turn: Turn;
  active: boolean;
  evidence: boolean;
  term: string;
  onSeek: ((seconds: number) => void) | null;
}

const TurnRow = memo(function TurnRow({ index, turn, active, evidence, term, onSeek }: TurnRowProps) {
  const t = text.call;
  return (
    <li>
      <button
        type="button"
        className={classes.turn}
        data-turn={index}
        data-speaker={turn.speaker}
        data-active={active}
        data-evidence={evidence}
        aria-current={active ? 'true' : undefined}
        disabled={!onSeek}
        title={onSeek ? t.seekTo(clock(turn.start_s)) : undefined}
        onClick={() => onSeek?.(turn.start_s)}
      >
        <span className={classes.time}>{clock(turn.start_s)}</span>
        <span>
          <span className={classes.who}>{t.speakers[turn.speaker]}</span>
          {term === '' ? (
            turn.text
          ) : (
            <Highlight span highlight={term} component="span" inherit>
              {turn.text}
            </Highlight>
          )}
        </span>
      </button>
    </li>
  );
});

/** Scrolls the list alone, never the page. */
function show(list: HTMLElement | null, index: number): void {
  const row = list?.querySelector<HTMLElement>(`[data-turn="${index}"]`);
  if (!list || !row || typeof list.scrollTo !== 'function') return;
  const above = row.offsetTop - list.offsetTop;
  if (above < list.scrollTop || above + row.offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTo({ top: Math.max(0, above - list.clientHeight / 3) });
}
