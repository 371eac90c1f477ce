import type { SipTraceMessage } from '@parley/api-client/sip';

export const kParley = 'Parley';

export interface Rung {
  message: SipTraceMessage;
  /** Columns from 0; always two different ones. */
  from: number;
  to: number;
  tone: 'request' | 'provisional' | 'success' | 'failure';
}

export interface Ladder {
  participants: string[];
  rungs: Rung[];
}

function toneOf(summary: string): Rung['tone'] {
  const status = /^(\d)\d\d /.exec(summary)?.[1];
  if (status === undefined) return 'request';
  if (status === '1') return 'provisional';
  return status === '2' ? 'success' : 'failure';
}

/** Participants as columns: who spoke first, Parley, then the others in the order of their coming. */
export function ladderOf(messages: SipTraceMessage[]): Ladder {
  const peers = [...new Set(messages.map((one) => one.peer))];
  const participants = peers.length === 0 ? [] : [peers[0] ?? '', kParley, ...peers.slice(1)];
  const rungs = messages.map((message): Rung => {
    const peer = participants.indexOf(message.peer);
    const incoming = message.direction === 'in';
    return {
      message,
      from: incoming ? peer : 1,
      to: incoming ? 1 : peer,
      tone: toneOf(message.summary),
    };
  });
  return { participants, rungs };
}
