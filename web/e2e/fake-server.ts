/**
 * Test only: answers the console's requests from testing/fixtures.ts, with parleyd's strict Content-Security-Policy, on plain http.
 * Prints its address. Login "admin", password "correct horse battery". FAKE_EMPTY=1 starts without calls.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { report } from '../console/testing/fixtures-report.ts';
import { trunks } from '../console/testing/fixtures-trunks.ts';
import * as fixtures from '../console/testing/fixtures.ts';
import { tones } from './tones.ts';

const dist = fileURLToPath(new URL('../console/dist', import.meta.url));
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const policyHeader =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

let calls = process.env.FAKE_EMPTY === '1' ? [] : [...fixtures.calls];
let live = [...fixtures.liveCalls];
const holds = new Map<string, (typeof fixtures.hold)[]>();
const receipts = [fixtures.receipt];
let demoStarted = 0;
const audio = tones(fixtures.transcript.turns, fixtures.waveform.seconds);
const sockets = new WebSocketServer({ noServer: true });
let seq = 0;

function broadcast(type: string, call: string | null): void {
  seq += 1;
  const event = {
    id: String(seq),
    type,
    organisation: fixtures.organisation,
    time: new Date().toISOString(),
    call_id: call,
    seq,
    data: {},
  };
  for (const socket of sockets.clients) socket.send(JSON.stringify(event));
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

function problem(
  response: ServerResponse,
  status: number,
  title: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(
    JSON.stringify({
      type: 'about:blank',
      title,
      status,
      detail: title,
      code: title.toLowerCase().replaceAll(' ', '_'),
    }),
  );
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function file(response: ServerResponse, path: string): Promise<void> {
  const wanted = normalize(join(dist, path));
  const existing = wanted.startsWith(dist) && extname(wanted) !== '' ? wanted : join(dist, 'index.html');
  try {
    const content = await readFile(existing);
    response.writeHead(200, {
      'content-type': types[extname(existing)] ?? 'application/octet-stream',
      'content-security-policy': policyHeader,
    });
    response.end(content);
  } catch {
    problem(response, 404, 'Not found');
  }
}

function sendAudio(request: IncomingMessage, response: ServerResponse): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const headers = { 'content-type': 'audio/wav', 'accept-ranges': 'bytes' };
  if (!range) {
    response.writeHead(200, { ...headers, 'content-length': audio.length });
    response.end(audio);
    return;
  }
  const first = Number(range[1]);
  const last = range[2] ? Math.min(Number(range[2]), audio.length - 1) : audio.length - 1;
  response.writeHead(206, {
    ...headers,
    'content-range': `bytes ${first}-${last}/${audio.length}`,
    'content-length': last - first + 1,
  });
  response.end(audio.subarray(first, last + 1));
}

type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  match: string[],
  query: URLSearchParams,
) => unknown;

const routes: [string, RegExp, Answer][] = [
  ['GET', /^\/status$/, () => fixtures.status],
  ['GET', /^\/live-calls$/, () => live],
  [
    'POST',
    /^\/live-calls\/([^/]+)\/hangup$/,
    (_q, _r, [id]) => {
      live = live.filter((call) => call.id !== id);
      broadcast('call.ended', id ?? null);
    },
  ],
  [
    'POST',
    /^\/live-calls\/([^/]+)\/recording$/,
    async (request, _r, [id]) => {
      const { action } = await body(request);
      const next = { start: 'on', pause: 'paused', resume: 'on', stop: 'off' } as const;
      live = live.map((call) =>
        call.id === id ? { ...call, recording: next[action as keyof typeof next] } : call,
      );
      broadcast('recording.paused', id ?? null);
    },
  ],
  [
    'GET',
    /^\/calls$/,
    (_q, _r, _m, query) => {
      const q = (query.get('q') ?? '').toLowerCase();
      const found = calls
        .filter((call) => JSON.stringify(call).toLowerCase().includes(q))
        .filter((call) => !query.get('direction') || call.direction === query.get('direction'))
        .filter((call) => !query.get('disposition') || call.disposition === query.get('disposition'))
        .filter(
          (call) =>
            !query.get('has_recording') || String(call.recording !== null) === query.get('has_recording'),
        );
      const start = Number(query.get('cursor') ?? 0);
      const end = start + Number(query.get('limit') ?? 30);
      return {
        items: found.slice(start, end).map(fixtures.summaryOf),
        next_cursor: end < found.length ? String(end) : null,
      };
    },
  ],
  [
    'GET',
    /^\/calls\/([^/]+)$/,
    (_q, response, [id]) => {
      const call = calls.find((one) => one.id === id);
      return call ? { ...call, holds: holds.get(call.id) ?? [] } : problem(response, 404, 'Not found');
    },
  ],
  [
    'DELETE',
    /^\/calls\/([^/]+?)(\/recording)?$/,
    (_q, _r, [id, part]) => {
      if (part)
        calls = calls.map((call) =>
          call.id === id && call.recording
            ? {
                ...call,
                recording: { ...call.recording, state: 'deleted' },
                transcript: 'none',
                analysis: 'none',
              }
            : call,
        );
      else calls = calls.filter((call) => call.id !== id);
      broadcast('call.deleted', id ?? null);
      return { ...fixtures.receipt, kind: part ? 'recording' : 'call' };
    },
  ],
  ['GET', /^\/calls\/[^/]+\/audio$/, (request, response) => sendAudio(request, response)],
  ['GET', /^\/calls\/[^/]+\/waveform$/, () => fixtures.waveform],
  ['GET', /^\/calls\/[^/]+\/transcript$/, () => fixtures.transcript],
  ['GET', /^\/calls\/[^/]+\/analysis$/, () => fixtures.analysis],
  [
    'POST',
    /^\/calls\/([^/]+)\/holds$/,
    async (request, _r, [id]) => {
      const { reason } = await body(request);
      holds.set(id ?? '', [{ ...fixtures.hold, reason: String(reason) }]);
      return fixtures.hold;
    },
  ],
  ['DELETE', /^\/holds\/[^/]+$/, () => holds.clear()],
  ['GET', /^\/routes$/, () => ({ items: fixtures.routes, next_cursor: null })],
  ['GET', /^\/routes\/test$/, () => fixtures.routeTest],
  ['PUT', /^\/routes\/order$/, () => ({ items: fixtures.routes, next_cursor: null })],
  ['POST', /^\/routes$/, () => fixtures.routes[0]],
  ['PATCH', /^\/routes\/[^/]+$/, () => fixtures.routes[0]],
  ['DELETE', /^\/routes\/[^/]+$/, () => undefined],
  ['GET', /^\/extensions$/, () => ({ items: fixtures.extensions, next_cursor: null })],
  ['POST', /^\/extensions$/, () => fixtures.extensions[0]],
  ['PATCH', /^\/extensions\/[^/]+$/, () => fixtures.extensions[0]],
  ['DELETE', /^\/extensions\/[^/]+$/, () => undefined],
  ['GET', /^\/extensions\/[^/]+\/phone$/, () => fixtures.phoneSettings],
  ['GET', /^\/trunks$/, () => ({ items: trunks, next_cursor: null })],
  ['POST', /^\/trunks$/, () => trunks[0]],
  ['PATCH', /^\/trunks\/[^/]+$/, () => trunks[0]],
  ['DELETE', /^\/trunks\/[^/]+$/, () => undefined],
  ['POST', /^\/trunks\/[^/]+\/retry$/, () => trunks[0]],
  ['GET', /^\/registrations$/, () => fixtures.registrations],
  ['GET', /^\/users$/, () => ({ items: fixtures.users, next_cursor: null })],
  ['GET', /^\/policy$/, () => fixtures.policy],
  ['PUT', /^\/policy$/, () => fixtures.policy],
  ['GET', /^\/policy\/history$/, () => ({ items: fixtures.policyHistory, next_cursor: null })],
  ['GET', /^\/prove$/, () => ({ items: [report], next_cursor: null })],
  ['POST', /^\/prove$/, () => report],
  ['GET', /^\/prove\/[^/]+$/, () => report],
  ['GET', /^\/receipts$/, () => ({ items: receipts, next_cursor: null })],
  ['GET', /^\/audit$/, () => ({ items: fixtures.audit, next_cursor: null })],
  ['POST', /^\/audit\/verify$/, () => ({ ok: true, entries: 418, broken_at: null, detail: '' })],
  [
    'GET',
    /^\/demo-call$/,
    () => {
      const seconds = (Date.now() - demoStarted) / 1000;
      if (demoStarted === 0) return { state: 'idle', step: '', progress: 0, call_id: null };
      if (seconds < 4) return { state: 'running', step: 'talking', progress: seconds * 25, call_id: null };
      if (calls.length === 0) calls = [...fixtures.calls];
      return { state: 'done', step: '', progress: 100, call_id: fixtures.recordedCall.id };
    },
  ],
  ['POST', /^\/demo-call$/, () => void (demoStarted = Date.now())],
];

const server = createServer((request, response) => {
  void handle(request, response).catch((error: unknown) => {
    console.error(error);
    problem(response, 500, 'Failed');
  });
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  const path = decodeURIComponent(url.pathname);
  if (path === '/healthz') return json(response, { ok: true });
  if (!path.startsWith('/v1/')) return file(response, path);
  const signedIn = (request.headers.cookie ?? '').includes('parley_session=fake');
  if (path === '/v1/sign-in') {
    const { login, password } = await body(request);
    if (login === 'limited') return problem(response, 429, 'Too many attempts', { 'retry-after': '30' });
    if (login !== 'admin' || password !== 'correct horse battery')
      return problem(response, 401, 'Wrong credentials');
    response.setHeader('set-cookie', 'parley_session=fake; HttpOnly; SameSite=Strict; Path=/');
    return json(response, {
      token: 't',
      expires_at: new Date(Date.now() + 3.6e6).toISOString(),
      user: fixtures.me,
    });
  }
  if (!signedIn) return problem(response, 401, 'Not signed in');
  if (path === '/v1/sign-out') {
    response.setHeader('set-cookie', 'parley_session=; Max-Age=0; Path=/');
    response.writeHead(204).end();
    return;
  }
  if (path === '/v1/me') return json(response, fixtures.me);
  const inside = path.replace(`/v1/organisations/${fixtures.organisation}`, '').replace(/^\/v1/, '');
  for (const [method, pattern, answer] of routes) {
    const match = pattern.exec(inside);
    if (method !== request.method || !match) continue;
    const value = await answer(request, response, match.slice(1), url.searchParams);
    if (response.headersSent) return;
    if (value === undefined || value === null) response.writeHead(204).end();
    else json(response, value);
    return;
  }
  problem(response, 404, 'Not found');
}

server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) console.log(`http://127.0.0.1:${address.port}`);
});
