import type { CallId, OrganisationId, Timestamp } from './ids.ts';

export type EventType =
  | 'call.ringing'
  | 'call.answered'
  | 'call.held'
  | 'call.resumed'
  | 'call.ended'
  | 'call.deleted'
  | 'emergency.placed'
  | 'emergency.answered'
  | 'emergency.failed'
  | 'recording.started'
  | 'recording.paused'
  | 'recording.resumed'
  | 'recording.stopped'
  | 'recording.failed'
  | 'recording.ready'
  | 'transcript.progress'
  | 'transcript.partial'
  | 'transcript.ready'
  | 'analysis.partial'
  | 'analysis.ready'
  | 'registration.added'
  | 'registration.removed'
  | 'trunk.up'
  | 'trunk.down'
  | 'security.banned'
  | 'security.unbanned'
  | 'security.allowed'
  | 'security.disallowed'
  | 'configuration.changed'
  | 'demo.progress'
  | 'prove.finished';

export interface ParleyEvent {
  id: string;
  type: EventType;
  organisation: OrganisationId;
  time: Timestamp;
  call_id: CallId | null;
  seq: number;
  data: unknown;
}

export interface EventStream {
  close(): void;
}

export interface EventStreamOptions {
  organisation: OrganisationId;
  onEvent: (event: ParleyEvent) => void;
  /** A connection came (back): whatever was missed has been asked for by after_seq. */
  onOpen?: () => void;
  onLost?: () => void;
}

const kFirstDelayMs = 1_000;
const kLongestDelayMs = 15_000;

/** Reads one message; null for what is not an event (never throws: the text came from the network). */
export function parseEvent(text: unknown): ParleyEvent | null {
  if (typeof text !== 'string') return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    return typeof (value as ParleyEvent).type === 'string' ? (value as ParleyEvent) : null;
  } catch {
    return null;
  }
}

/** /v1/events with resume: reconnects with growing delay and asks for what came after the last sequence number. */
export function openEventStream(options: EventStreamOptions): EventStream {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastSeq: number | null = null;
  let delay = kFirstDelayMs;
  let closed = false;

  const connect = (): void => {
    const url = new URL('/v1/events', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('organisation', options.organisation);
    if (lastSeq !== null) url.searchParams.set('after_seq', String(lastSeq));
    socket = new WebSocket(url);
    socket.onopen = () => {
      delay = kFirstDelayMs;
      options.onOpen?.();
    };
    socket.onmessage = (message: MessageEvent) => {
      const event = parseEvent(message.data);
      if (!event) return;
      // Passing events (progress) have no number of their own: 0.
      if (event.seq > 0) lastSeq = Math.max(lastSeq ?? 0, event.seq);
      options.onEvent(event);
    };
    socket.onclose = () => {
      if (closed) return;
      options.onLost?.();
      timer = setTimeout(connect, delay);
      delay = Math.min(delay * 2, kLongestDelayMs);
    };
  };

  connect();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
