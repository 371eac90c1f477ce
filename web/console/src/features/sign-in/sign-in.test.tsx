import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { renderRoute } from '~testing/render-route';
import { problem, server } from '~testing/server';

const signedOut = http.get('https://parley.test/v1/me', () => problem(401, 'Not signed in'));
const refusing = (status: number, title: string, headers: Record<string, string> = {}) =>
  http.post('https://parley.test/v1/sign-in', () => problem(status, title, headers));

async function fillIn(user: ReturnType<typeof renderRoute>['user']) {
  await user.type(await screen.findByLabelText('Login'), 'admin');
  await user.type(screen.getByLabelText('Password'), 'correct horse');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
}

test('who is not signed in comes to the sign-in page, and afterwards to where they wanted', async () => {
  server.use(signedOut);
  const { user, router } = renderRoute('/extensions');
  await fillIn(user);
  expect(await screen.findByRole('heading', { level: 1, name: 'Extensions' })).toBeVisible();
  expect(router.state.location.pathname).toBe('/extensions');
});

test('wrong credentials are said clearly and the password is emptied', async () => {
  server.use(signedOut, refusing(401, 'Wrong credentials'));
  const { user } = renderRoute('/sign-in');
  await fillIn(user);
  expect(await screen.findByRole('alert')).toHaveTextContent('Login or password is not right.');
  expect(screen.getByLabelText('Password')).toHaveValue('');
});

test('after too many attempts the page says how long to wait and waits (SEC-7)', async () => {
  server.use(signedOut, refusing(429, 'Too many attempts', { 'retry-after': '30' }));
  const { user } = renderRoute('/sign-in');
  await fillIn(user);
  expect(await screen.findByRole('alert')).toHaveTextContent(/wait (30|29) seconds/);
  expect(screen.getByRole('button', { name: 'Sign in' })).toBeDisabled();
});

test('an unreachable server is not wrong credentials', async () => {
  server.use(
    signedOut,
    http.post('https://parley.test/v1/sign-in', () => HttpResponse.error()),
  );
  const { user } = renderRoute('/sign-in');
  await fillIn(user);
  expect(await screen.findByText(/did not answer/i)).toBeVisible();
});

test('nothing of the session stays in the browser but the cookie (SEC-8)', async () => {
  server.use(signedOut);
  const { user } = renderRoute('/sign-in');
  await fillIn(user);
  await screen.findByRole('heading', { level: 1, name: 'Calls' });
  const kept = JSON.stringify({ ...window.localStorage, ...window.sessionStorage });
  expect(kept).not.toContain('secret');
  expect(kept).not.toContain('correct horse');
});

test('an address of another site is not followed after sign-in', async () => {
  server.use(signedOut);
  const { user, router } = renderRoute('/sign-in?next=//evil.example/');
  await fillIn(user);
  await screen.findByRole('heading', { level: 1, name: 'Calls' });
  expect(router.state.location.pathname).toBe('/calls');
});
