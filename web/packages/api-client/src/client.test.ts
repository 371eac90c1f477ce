import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { server } from '~testing/server';
import { Client, queryString } from './client.ts';
import { Problem, Unreachable } from './problem.ts';

const address = 'https://parley.test/v1/thing';

test('a problem keeps its code, its words and how long to wait', async () => {
  server.use(
    http.get(address, () =>
      HttpResponse.json(
        {
          type: 'about:blank',
          title: 'Too many requests',
          status: 429,
          detail: 'wait',
          code: 'too_many_requests',
        },
        { status: 429, headers: { 'retry-after': '12' } },
      ),
    ),
  );
  const error: unknown = await new Client().get('/v1/thing').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ status: 429, code: 'too_many_requests', detail: 'wait', retryAfter: 12 });
});

test('a proxy that finds no server is "unreachable"; a 503 of the server itself is a problem', async () => {
  const states: string[] = [];
  const client = new Client({ onReachability: (state) => states.push(state) });
  server.use(
    http.get(address, () => new HttpResponse('<h1>Bad gateway</h1>', { status: 502 }), { once: true }),
  );
  await expect(client.get('/v1/thing')).rejects.toBeInstanceOf(Unreachable);
  server.use(
    http.get(address, () =>
      HttpResponse.json(
        { title: 'Disk full', status: 503, code: 'storage_full' },
        { status: 503, headers: { 'content-type': 'application/problem+json' } },
      ),
    ),
  );
  await expect(client.get('/v1/thing')).rejects.toMatchObject({ code: 'storage_full' });
  expect(states).toEqual(['unreachable', 'reachable']);
});

test('an aborted request says nothing about the server', async () => {
  const states: string[] = [];
  const client = new Client({ onReachability: (state) => states.push(state) });
  server.use(http.get(address, () => new Promise<never>(() => undefined)));
  const controller = new AbortController();
  const answer = client.get('/v1/thing', { signal: controller.signal });
  controller.abort();
  await expect(answer).rejects.toThrow();
  expect(states).toEqual([]);
});

test('each POST carries a key of its own', async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post(address, ({ request }) => {
      keys.push(request.headers.get('idempotency-key'));
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const client = new Client();
  await client.post('/v1/thing', {});
  await client.post('/v1/thing', {});
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[0]).not.toBe(keys[1]);
});

test('parts of a query that are not set are left out', () => {
  expect(
    queryString({ q: 'a b&c', cursor: null, from: undefined, to: '', limit: 3, has_recording: false }),
  ).toBe('?q=a+b%26c&limit=3&has_recording=false');
  expect(queryString({})).toBe('');
});
