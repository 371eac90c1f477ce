import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { renderRoute } from '~testing/render-route';
import { base, problem, server } from '~testing/server';

const away = [
  http.get('https://parley.test/*', () => HttpResponse.error()),
  http.post('https://parley.test/*', () => HttpResponse.error()),
];

test('an unreachable server is a banner, never a logout, and goes by itself', async () => {
  const { queryClient, router } = renderRoute('/calls');
  await screen.findByRole('link', { name: /Martin Keller → Priya/ });
  server.use(...away);
  await queryClient.refetchQueries();
  expect(await screen.findByRole('alert')).toHaveTextContent('Parley cannot be reached');
  expect(screen.getByRole('link', { name: /Martin Keller → Priya/ })).toBeVisible();
  expect(router.state.location.pathname).toBe('/calls');
  server.resetHandlers();
  await waitFor(() => expect(screen.queryByText(/cannot be reached/)).not.toBeInTheDocument(), {
    timeout: 8_000,
  });
});

test('unreachable at the very start waits for the server instead of asking for a password', async () => {
  server.use(...away);
  renderRoute('/calls');
  expect(await screen.findByRole('alert')).toHaveTextContent('Parley cannot be reached');
  expect(screen.queryByLabelText('Password')).not.toBeInTheDocument();
  server.resetHandlers();
  expect(await screen.findByRole('heading', { level: 1, name: 'Calls' })).toBeVisible();
});

test('a session that the server has ended leads to the sign-in page', async () => {
  const { queryClient } = renderRoute('/calls');
  await screen.findByRole('link', { name: /Martin Keller → Priya/ });
  server.use(
    http.get(`${base}/calls`, () => problem(401, 'Session ended')),
    http.get('https://parley.test/v1/me', () => problem(401, 'Session ended')),
  );
  await queryClient.refetchQueries({ queryKey: ['org'] });
  expect(await screen.findByText('Your session has ended. Please sign in again.')).toBeVisible();
});
