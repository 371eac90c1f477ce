import { http, HttpResponse, type JsonBodyType } from 'msw';
import { setupServer } from 'msw/node';
import { report } from './fixtures-report.ts';
import { trunks } from './fixtures-trunks.ts';
import * as fixtures from './fixtures.ts';

export const base = `https://parley.test/v1/organisations/${fixtures.organisation}`;

export const problem = (status: number, title: string, headers: Record<string, string> = {}) =>
  HttpResponse.json(
    { type: 'about:blank', title, status, detail: title, code: title.toLowerCase().replaceAll(' ', '_') },
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );

export const page = (items: JsonBodyType[], next_cursor: string | null = null) =>
  HttpResponse.json({ items, next_cursor });

/** Everything works and somebody is signed in; a test says what is different with server.use(). */
export const server = setupServer(
  http.get('https://parley.test/healthz', () => HttpResponse.json({ ok: true })),
  http.get('https://parley.test/v1/me', () => HttpResponse.json(fixtures.me)),
  http.get('https://parley.test/v1/status', () => HttpResponse.json(fixtures.status)),
  http.post('https://parley.test/v1/sign-in', () =>
    HttpResponse.json({ token: 'secret', expires_at: new Date().toISOString(), user: fixtures.me }),
  ),
  http.get(`${base}/live-calls`, () => HttpResponse.json(fixtures.liveCalls)),
  http.get(`${base}/calls`, () =>
    page(fixtures.calls.slice(0, 3).map(fixtures.summaryOf) as unknown as JsonBodyType[]),
  ),
  http.get(`${base}/calls/:id`, ({ params }) => {
    const call = fixtures.calls.find((one) => one.id === params.id);
    return call ? HttpResponse.json(call) : problem(404, 'Not found');
  }),
  http.get(`${base}/calls/:id/waveform`, () => HttpResponse.json(fixtures.waveform)),
  http.get(`${base}/calls/:id/transcript`, () => HttpResponse.json(fixtures.transcript)),
  http.get(`${base}/calls/:id/analysis`, () => HttpResponse.json(fixtures.analysis)),
  http.get(`${base}/demo-call`, () =>
    HttpResponse.json({ state: 'idle', step: '', progress: 0, call_id: null }),
  ),
  http.get(`${base}/extensions`, () => page(fixtures.extensions as unknown as JsonBodyType[])),
  http.get(`${base}/extensions/:id/phone`, () => HttpResponse.json(fixtures.phoneSettings)),
  http.get(`${base}/routes`, () => page(fixtures.routes as unknown as JsonBodyType[])),
  http.get(`${base}/routes/test`, () => HttpResponse.json(fixtures.routeTest)),
  http.get(`${base}/trunks`, () => page(trunks as unknown as JsonBodyType[])),
  http.get(`${base}/registrations`, () => HttpResponse.json(fixtures.registrations)),
  http.get(`${base}/users`, () => page(fixtures.users as unknown as JsonBodyType[])),
  http.get(`${base}/policy`, () => HttpResponse.json(fixtures.policy)),
  http.get(`${base}/policy/history`, () => page(fixtures.policyHistory as unknown as JsonBodyType[])),
  http.get(`${base}/prove`, () => page([report as unknown as JsonBodyType])),
  http.get(`${base}/prove/:id`, () => HttpResponse.json(report)),
  http.get(`${base}/receipts`, () => page([fixtures.receipt as unknown as JsonBodyType])),
  http.get(`${base}/audit`, () => page(fixtures.audit as unknown as JsonBodyType[])),
);
