import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { FakeWebSocket } from '~testing/fake-socket';
import { liveCalls } from '~testing/fixtures';
import { renderRoute } from '~testing/render-route';
import { base, server } from '~testing/server';

const [talking, ringing] = liveCalls;

test('hang up removes the call from the list', async () => {
  let live = [talking];
  server.use(
    http.get(`${base}/live-calls`, () => HttpResponse.json(live)),
    http.post(`${base}/live-calls/:id/hangup`, () => {
      live = [];
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = renderRoute('/live');
  await user.click(await screen.findByRole('button', { name: 'Hang up' }));
  expect(await screen.findByText('No active calls')).toBeVisible();
});

test('a call that ends elsewhere leaves the list by its event', async () => {
  let live = liveCalls;
  server.use(http.get(`${base}/live-calls`, () => HttpResponse.json(live)));
  renderRoute('/live');
  await screen.findByRole('region', { name: /Martin Keller to Priya Shah/ });
  live = live.filter((call) => call !== talking);
  FakeWebSocket.send('call.ended', talking?.id);
  await waitFor(() => expect(screen.queryByRole('region', { name: /Priya Shah/ })).not.toBeInTheDocument());
  expect(screen.getByRole('region', { name: /to Reception/ })).toBeVisible();
});

test('a recording is paused and resumed from the page (PBX-4)', async () => {
  const asked: unknown[] = [];
  let live = [talking];
  server.use(
    http.get(`${base}/live-calls`, () => HttpResponse.json(live)),
    http.post(`${base}/live-calls/:id/recording`, async ({ request }) => {
      asked.push(await request.json());
      live = live.map((call) => call && { ...call, recording: 'paused' });
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = renderRoute('/live');
  await user.click(await screen.findByRole('button', { name: 'Pause recording' }));
  expect(await screen.findByRole('button', { name: 'Resume recording' })).toBeVisible();
  expect(asked).toEqual([{ action: 'pause' }]);
  expect(screen.getByText('Recording paused')).toBeVisible();
});

test('a ringing call offers no recording yet', async () => {
  server.use(http.get(`${base}/live-calls`, () => HttpResponse.json([ringing])));
  renderRoute('/live');
  const card = await screen.findByRole('region', { name: /to Reception/ });
  expect(within(card).queryByRole('button', { name: /recording/i })).not.toBeInTheDocument();
});

test('a recorded call leads to its page, where the words appear', async () => {
  const { user, router } = renderRoute('/live');
  const card = await screen.findByRole('region', { name: /Martin Keller to Priya Shah/ });
  await user.click(within(card).getByRole('link', { name: 'Open call' }));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/calls/${talking?.id}`));
});
