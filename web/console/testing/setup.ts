import '@testing-library/jest-dom/vitest';
import { notifications } from '@mantine/notifications';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { FakeWebSocket } from './fake-socket.ts';
import { server } from './server.ts';

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 15_000 });

// What jsdom has not: layout, media and sockets.
Object.defineProperty(window, 'matchMedia', {
  value: (query: string) => ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }),
});
class Observer {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
vi.stubGlobal('ResizeObserver', Observer);
window.scrollTo = () => undefined;
HTMLMediaElement.prototype.load = () => undefined;
HTMLMediaElement.prototype.play = function play() {
  this.dispatchEvent(new Event('play'));
  return Promise.resolve();
};
HTMLMediaElement.prototype.pause = () => undefined;
// Drawing is looked at in a browser, by web/e2e.
vi.mock('~/shared/ui/waveform', () => ({ Waveform: ({ label }: { label: string }) => label }));

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' });
  // After listen(), which puts a socket of its own in place.
  vi.stubGlobal('WebSocket', FakeWebSocket);
});
afterEach(() => {
  cleanup();
  notifications.clean();
  server.resetHandlers();
  FakeWebSocket.reset();
});
afterAll(() => server.close());
