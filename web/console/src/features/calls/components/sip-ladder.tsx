import { Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useId, useState, type CSSProperties } from 'react';
import type { CallDetail } from '@parley/api-client/calls';
import { Problem } from '@parley/api-client/problem';
import { timeOfDay } from '~/shared/format/time';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { isRunning } from '../api/get-call';
import { sipTraceQuery } from '../api/get-sip-trace';
import { ladderOf, type Rung } from './ladder';
import classes from './sip-ladder.module.css';

/** The SIP messages of a call between its parties: a list to the ear and the keyboard, a ladder to the eye. */
export function SipLadder({ call }: { call: CallDetail }) {
  const t = text.call.signalling;
  const organisation = useOrganisation();
  const query = useQuery(sipTraceQuery(organisation, call.id, isRunning(call)));
  if (query.error instanceof Problem && query.error.status === 404)
    return <p className={classes.hint}>{t.none}</p>;
  if (query.error) return <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Loader aria-label={text.loading} />;
  const { participants, rungs } = ladderOf(query.data);
  return (
    <section aria-label={t.title}>
      <p className={classes.hint}>{t.hint}</p>
      <div className={classes.scroll} style={{ '--columns': participants.length } as CSSProperties}>
        <div className={classes.heads} aria-hidden="true">
          {participants.map((name) => (
            <span key={name} className={classes.head}>
              {name}
            </span>
          ))}
        </div>
        <ol className={classes.rungs}>
          {rungs.map((rung) => (
            <Step key={rung.message.number} rung={rung} participants={participants} />
          ))}
        </ol>
      </div>
    </section>
  );
}

function Step({ rung, participants }: { rung: Rung; participants: string[] }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { message, from, to, tone } = rung;
  const left = Math.min(from, to);
  const place = { '--left': left, '--span': Math.abs(from - to) } as CSSProperties;
  const label = text.call.signalling.step(message.summary, participants[from] ?? '', participants[to] ?? '');
  return (
    <li className={classes.rung}>
      <time className={classes.time} dateTime={message.at}>
        {timeOfDay(message.at)}
      </time>
      <button
        type="button"
        className={classes.arrow}
        style={place}
        data-tone={tone}
        data-towards={to > from ? 'right' : 'left'}
        aria-expanded={open}
        aria-controls={id}
        aria-label={label}
        onClick={() => setOpen(!open)}
      >
        <span className={classes.summary}>{message.summary}</span>
      </button>
      {open && (
        <pre id={id} className={classes.text}>
          {message.text}
        </pre>
      )}
    </li>
  );
}
