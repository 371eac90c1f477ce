import type { EventType, ParleyEvent } from '@parley/api-client/events';
import { organisation } from './fixtures.ts';

/** The server's end of /v1/events: tests send events through it. */
export class FakeWebSocket {
  static open: FakeWebSocket[] = [];
  static #seq = 0;

  static reset(): void {
    FakeWebSocket.open = [];
  }

  static send(type: EventType, call: string | null = null): void {
    FakeWebSocket.#seq += 1;
    const event = {
      id: String(FakeWebSocket.#seq),
      type,
      organisation,
      time: new Date().toISOString(),
      call_id: call as ParleyEvent['call_id'],
      seq: FakeWebSocket.#seq,
      data: {},
    };
    for (const socket of FakeWebSocket.open) socket.onmessage?.({ data: JSON.stringify(event) });
  }

  readonly url: string;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(url: string | URL) {
    this.url = String(url);
    FakeWebSocket.open.push(this);
    queueMicrotask(() => this.onopen?.());
  }

  close(): void {
    FakeWebSocket.open = FakeWebSocket.open.filter((socket) => socket !== this);
    this.onclose?.();
  }

  /** The connection breaks without anybody wanting it. */
  drop(): void {
    this.close();
  }
}
