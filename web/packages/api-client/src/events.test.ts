import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeWebSocket } from '~testing/fake-socket';
import { organisation } from '~testing/fixtures';
import { openEventStream, parseEvent, type ParleyEvent } from './events.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const latest = (): FakeWebSocket => {
  const socket = FakeWebSocket.open.at(-1);
  if (!socket) throw new Error('no socket is open');
  return socket;
};

const tell = (seq: number) =>
  latest().onmessage?.({
    data: JSON.stringify({ id: String(seq), type: 'call.ended', organisation, seq, call_id: null }),
  });

test('after a lost connection it resumes behind the last stored event', () => {
  const seen: ParleyEvent[] = [];
  const stream = openEventStream({ organisation, onEvent: (event) => seen.push(event) });
  expect(latest().url).not.toContain('after_seq');
  tell(41);
  tell(42);
  // Passing events have no number and must not set the resume point back.
  tell(0);
  latest().drop();
  vi.advanceTimersByTime(1_000);
  expect(new URL(latest().url).searchParams.get('after_seq')).toBe('42');
  expect(seen).toHaveLength(3);
  stream.close();
});

test('it waits longer after each failure, and no more once closed', () => {
  const stream = openEventStream({ organisation, onEvent: () => undefined });
  latest().drop();
  vi.advanceTimersByTime(1_000);
  expect(FakeWebSocket.open).toHaveLength(1);
  latest().drop();
  vi.advanceTimersByTime(1_000);
  expect(FakeWebSocket.open).toHaveLength(0);
  vi.advanceTimersByTime(1_000);
  expect(FakeWebSocket.open).toHaveLength(1);
  stream.close();
  vi.advanceTimersByTime(60_000);
  expect(FakeWebSocket.open).toHaveLength(0);
});

test.each([['{'], ['null'], ['[]'], ['{"type":7}'], [new ArrayBuffer(2)]])(
  'what is not an event is ignored: %s',
  (text) => expect(parseEvent(text)).toBeNull(),
);
