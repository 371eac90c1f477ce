import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse, type JsonBodyType } from 'msw';
import { expect, test } from 'vitest';
import { calls, recordedCall, runningCall, summaryOf } from '~testing/fixtures';
import { renderRoute } from '~testing/render-route';
import { base, page, server } from '~testing/server';

test('a search asks the server and stands in the address', async () => {
  const asked: string[] = [];
  server.use(
    http.get(`${base}/calls`, ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('q') ?? '');
      return page([summaryOf(recordedCall) as unknown as JsonBodyType]);
    }),
  );
  const { user, router } = renderRoute('/calls');
  await user.type(await screen.findByRole('searchbox', { name: 'Search calls' }), 'printer');
  await waitFor(() => expect(asked).toContain('printer'));
  expect(router.state.location.search).toMatchObject({ q: 'printer' });
});

test('more calls come by cursor', async () => {
  server.use(
    http.get(`${base}/calls`, ({ request }) => {
      const second = new URL(request.url).searchParams.get('cursor') === 'next';
      const call = calls[second ? 3 : 1];
      return page(call ? [summaryOf(call) as unknown as JsonBodyType] : [], second ? null : 'next');
    }),
  );
  const { user } = renderRoute('/calls');
  await user.click(await screen.findByRole('button', { name: 'Show more' }));
  await waitFor(() => expect(screen.getAllByRole('row')).toHaveLength(3));
  expect(screen.queryByRole('button', { name: 'Show more' })).not.toBeInTheDocument();
});

test('an empty list teaches, and the demo call shows its progress', async () => {
  let running = false;
  server.use(
    http.get(`${base}/calls`, () => page([])),
    http.get(`${base}/demo-call`, () =>
      HttpResponse.json(
        running
          ? { state: 'running', step: 'talking', progress: 40, call_id: null }
          : { state: 'idle', step: '', progress: 0, call_id: null },
      ),
    ),
    http.post(`${base}/demo-call`, () => {
      running = true;
      return HttpResponse.json({}, { status: 202 });
    }),
  );
  const { user } = renderRoute('/calls');
  expect(await screen.findByRole('link', { name: 'Open extensions' })).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Make the demo call' }));
  expect(await screen.findByRole('progressbar', { name: 'Progress of the demo call' })).toHaveAttribute(
    'aria-valuenow',
    '40',
  );
});

test('a search without result offers to clear the filters', async () => {
  server.use(
    http.get(`${base}/calls`, ({ request }) =>
      page(
        new URL(request.url).searchParams.get('q')
          ? []
          : [summaryOf(recordedCall) as unknown as JsonBodyType],
      ),
    ),
  );
  const { user } = renderRoute('/calls?q=nonsense');
  expect(await screen.findByText('No call matches')).toBeVisible();
  await user.click(screen.getAllByRole('button', { name: 'Clear filters' }).at(-1) as HTMLElement);
  expect(await screen.findByRole('link', { name: /Martin Keller/ })).toBeVisible();
});

test('the demo call can be opened while it goes on', async () => {
  server.use(
    http.get(`${base}/calls`, () => page([])),
    http.get(`${base}/demo-call`, () =>
      HttpResponse.json({ state: 'running', step: 'talking', progress: 20, call_id: runningCall.id }),
    ),
  );
  renderRoute('/calls');
  expect(await screen.findByRole('link', { name: 'Open the call' })).toHaveAttribute(
    'href',
    expect.stringContaining(runningCall.id),
  );
});
