import { expect, test } from 'vitest';
import type { SipTraceMessage } from '@parley/api-client/sip';
import { ladderOf } from './ladder';

const message = (
  number: number,
  direction: 'in' | 'out',
  peer: string,
  summary: string,
): SipTraceMessage => ({
  number,
  at: '2026-11-20T10:00:00Z',
  direction,
  transport: 'UDP',
  peer,
  summary,
  text: '',
});

test('who spoke first stands left of Parley, the others right of it', () => {
  const { participants, rungs } = ladderOf([
    message(1, 'in', 'a', 'INVITE'),
    message(2, 'out', 'b', 'INVITE'),
    message(3, 'in', 'b', '486 Busy Here (INVITE)'),
    message(4, 'out', 'a', '486 Busy Here (INVITE)'),
  ]);
  expect(participants).toEqual(['a', 'Parley', 'b']);
  expect(rungs.map((one) => [one.from, one.to])).toEqual([
    [0, 1],
    [1, 2],
    [2, 1],
    [1, 0],
  ]);
  expect(rungs.map((one) => one.tone)).toEqual(['request', 'request', 'failure', 'failure']);
});

test('nothing is an empty ladder', () => {
  expect(ladderOf([])).toEqual({ participants: [], rungs: [] });
});
