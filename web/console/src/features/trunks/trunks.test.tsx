import { screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { me } from '~testing/fixtures';
import { trunks } from '~testing/fixtures-trunks';
import { renderRoute } from '~testing/render-route';
import { base, page, problem, server } from '~testing/server';

/** From the menu of a trunk, which opens with a transition. */
const choose = async (user: UserEvent, name: string, item: string) => {
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await user.click(await screen.findByRole('menuitem', { name: item }, { timeout: 20_000 }));
};

/** As if pasted: at once. */
const fill = async (user: UserEvent, field: HTMLElement, value: string) => {
  await user.click(field);
  await user.clear(field);
  await user.paste(value);
};

const rowOf = async (name: string) => {
  const cell = await screen.findByText(name);
  const row = cell.closest('tr');
  if (!row) throw new Error(`${name} stands in no row`);
  return within(row);
};

test('each trunk says whether it can take calls, since when it is registered and which servers answer', async () => {
  renderRoute('/trunks');
  const blue = await rowOf('Blue');
  expect(blue.getByText('Up')).toBeVisible();
  expect(blue.getByText(/^until /)).toBeVisible();
  expect(blue.getByText(/^last /)).toBeVisible();
  expect(blue.getByText(/^TLS 192\.0\.2\.1:5061 answers/)).toBeVisible();
  expect(blue.getByText(/^TLS 192\.0\.2\.2:5061 does not answer/)).toBeVisible();
  expect(blue.getByText('2 of 10')).toBeVisible();
  const green = await rowOf('Green');
  expect(green.getByText('Refused by the carrier')).toBeVisible();
  expect(green.getByText('the registrar says 403')).toBeVisible();
  expect(green.getByText('not registered')).toBeVisible();
});

test('a trunk is checked before it is sent, and what the server refuses is shown in the form', async () => {
  const sent: unknown[] = [];
  server.use(
    http.post(`${base}/trunks`, async ({ request }) => {
      sent.push(await request.json());
      return problem(409, 'The name is in use');
    }),
  );
  const { user } = renderRoute('/trunks');
  await user.click(await screen.findByRole('button', { name: 'New trunk' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New trunk' }));
  await user.click(dialog.getByRole('button', { name: 'Create' }));
  expect(dialog.getByText('Please give a name.')).toBeVisible();
  expect(dialog.getByText('Please give the password.')).toBeVisible();
  expect(sent).toHaveLength(0);
  await fill(user, dialog.getByLabelText(/^Name/), 'Blue');
  await fill(user, dialog.getByLabelText(/^Carrier/), 'carrier.example');
  await user.selectOptions(dialog.getByLabelText('Transport'), 'TLS');
  await fill(user, dialog.getByLabelText(/^User name/), 'acme');
  await fill(user, dialog.getByLabelText(/^Password/), 'open sesame');
  await fill(user, dialog.getByLabelText(/^Numbers that come in/), '+49305550100 101\n+493055501XX');
  await user.click(dialog.getByRole('button', { name: 'Create' }));
  expect(dialog.getByText('Pattern and extension, please: +493055501XX')).toBeVisible();
  await fill(user, dialog.getByLabelText(/^Numbers that come in/), '+49305550100 101\n+493055501XX 102');
  await user.click(dialog.getByRole('button', { name: 'Create' }));
  expect(await dialog.findByRole('alert')).toHaveTextContent('The name is in use');
  expect(sent[0]).toMatchObject({
    name: 'Blue',
    kind: 'register',
    transport: 'tls',
    password: 'open sesame',
    inbound: [
      { pattern: '+49305550100', extension: '101' },
      { pattern: '+493055501XX', extension: '102' },
    ],
  });
});

test('an edited trunk keeps its password, unless it is to go to another carrier', async () => {
  const sent: unknown[] = [];
  server.use(
    http.patch(`${base}/trunks/:id`, async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(trunks[0]);
    }),
  );
  const { user } = renderRoute('/trunks');
  await choose(user, 'Blue', 'Edit');
  const dialog = within(await screen.findByRole('dialog', { name: 'Trunk Blue' }));
  const host = dialog.getByLabelText(/^Carrier/);
  await fill(user, host, 'thief.example');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  expect(dialog.getByText(/Please type it again/)).toBeVisible();
  expect(sent).toHaveLength(0);
  await fill(user, host, 'carrier.example');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Trunk saved')).toBeVisible();
  expect(sent[0]).not.toHaveProperty('password');
  expect(sent[0]).toMatchObject({ name: 'Blue', probe_s: 30, addresses: ['198.51.100.0/24'] });
});

test('a trunk is tried by hand', async () => {
  let asked = 0;
  server.use(
    http.post(`${base}/trunks/:id/retry`, () => {
      asked += 1;
      return HttpResponse.json(trunks[1], { status: 202 });
    }),
  );
  const { user } = renderRoute('/trunks');
  await choose(user, 'Green', 'Try now');
  expect(await screen.findByText('It is being tried')).toBeVisible();
  expect(asked).toBe(1);
});

test('a trunk is deleted after a question', async () => {
  let deleted = 0;
  server.use(
    http.delete(`${base}/trunks/:id`, () => {
      deleted += 1;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = renderRoute('/trunks');
  await choose(user, 'Green', 'Delete');
  const dialog = await screen.findByRole('dialog', { name: 'Delete trunk Green?' });
  expect(deleted).toBe(0);
  await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(deleted).toBe(1));
});

test('who may only read sees the trunks and no buttons', async () => {
  server.use(
    http.get('https://parley.test/v1/me', () =>
      HttpResponse.json({ ...me, permissions: me.permissions.filter((one) => one !== 'trunks.write') }),
    ),
  );
  renderRoute('/trunks');
  await rowOf('Blue');
  expect(screen.queryByRole('button', { name: 'New trunk' })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Actions for Blue' })).not.toBeInTheDocument();
});

test('without a trunk the page says what one is for', async () => {
  server.use(http.get(`${base}/trunks`, () => page([])));
  renderRoute('/trunks');
  expect(await screen.findByText('No trunk yet')).toBeVisible();
});
