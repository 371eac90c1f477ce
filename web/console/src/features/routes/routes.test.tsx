import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { me, routes, routeTest } from '~testing/fixtures';
import { renderRoute } from '~testing/render-route';
import { base, page, problem, server } from '~testing/server';

const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).getAllByRole('cell')[0]?.textContent);

test('routes are listed in the order in which they are asked, in words', async () => {
  renderRoute('/routes');
  await screen.findByRole('table', { name: /in the order in which they are asked/ });
  expect(names()).toEqual(['Help desk', 'Outside', 'No premium numbersSwitched off']);
  const outside = screen.getAllByRole('row')[2];
  expect(outside).toHaveTextContent('101, 102');
  expect(outside).toHaveTextContent('without the first sign, +49 before it');
  expect(screen.getAllByRole('row')[3]).toHaveTextContent('Refused: forbidden');
});

test('a route moves by its buttons, which keep the focus', async () => {
  let sent: unknown = null;
  server.use(
    http.put(`${base}/routes/order`, async ({ request }) => {
      sent = await request.json();
      const [first, second, third] = routes;
      return page([second, first, third] as never[]);
    }),
  );
  const { user } = renderRoute('/routes');
  expect(await screen.findByRole('button', { name: 'Ask Help desk earlier' })).toBeDisabled();
  await user.click(screen.getByRole('button', { name: 'Ask Outside earlier' }));
  expect(await screen.findByText('Outside is now asked as number 1 of 3')).toBeInTheDocument();
  expect(sent).toEqual({ routes: [routes[1]?.id, routes[0]?.id, routes[2]?.id] });
  expect(names()[0]).toBe('Outside');
  expect(screen.getByRole('button', { name: 'Ask Outside later' })).toHaveFocus();
});

test('a new route is checked before it is sent, and holds only what its destination needs', async () => {
  let sent: unknown = null;
  server.use(
    http.post(`${base}/routes`, async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(routes[0], { status: 201 });
    }),
  );
  const { user } = renderRoute('/routes');
  await user.click(await screen.findByRole('button', { name: 'New route' }));
  const dialog = await screen.findByRole('dialog', { name: 'New route' });
  await user.click(within(dialog).getByRole('button', { name: 'Create' }));
  expect(within(dialog).getAllByText('Please fill this in.')).toHaveLength(2);
  expect(within(dialog).getByText('Please choose an extension.')).toBeVisible();
  await user.type(within(dialog).getByLabelText(/^Name/), 'Outside');
  await user.type(within(dialog).getByLabelText(/^Pattern/), '0.');
  await user.selectOptions(within(dialog).getByLabelText('Where it leads'), 'changed');
  expect(within(dialog).getByText(/the route leads to itself/)).toBeVisible();
  await user.type(within(dialog).getByLabelText('Then put before it'), '+49');
  await user.click(within(dialog).getByRole('radio', { name: 'Only these extensions' }));
  expect(within(dialog).getByText(/Choose one extension at least/)).toBeVisible();
  await user.click(await within(dialog).findByRole('checkbox', { name: /^102/ }));
  await user.click(within(dialog).getByRole('button', { name: 'Create' }));
  expect(await screen.findByText('Route created')).toBeVisible();
  expect(sent).toEqual({
    name: 'Outside',
    pattern: '0.',
    callers: ['102'],
    strip: 0,
    prepend: '+49',
    destination: { kind: 'number' },
    enabled: true,
  });
});

test('what the server says of a wrong pattern stands in the form', async () => {
  server.use(http.patch(`${base}/routes/:id`, () => problem(422, 'pattern is wrong at its sign 2')));
  const { user } = renderRoute('/routes');
  await user.click(await screen.findByRole('button', { name: 'Actions for Help desk' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Edit', hidden: true }));
  const dialog = await screen.findByRole('dialog', { name: 'Route Help desk' });
  expect(within(dialog).getByLabelText(/^Extension/)).toHaveValue('102');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('wrong at its sign 2');
});

test('a destination that this console does not know is shown and kept', async () => {
  let sent: unknown = null;
  const strange = { ...routes[0], destination: { kind: 'satellite', orbit: 7 } };
  server.use(
    http.get(`${base}/routes`, () => page([strange] as never[])),
    http.patch(`${base}/routes/:id`, async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(strange);
    }),
  );
  const { user } = renderRoute('/routes');
  await user.click(await screen.findByRole('button', { name: 'Actions for Help desk' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Edit', hidden: true }));
  const dialog = await screen.findByRole('dialog');
  expect(within(dialog).getByLabelText('Where it leads')).toHaveDisplayValue('As it is (satellite)');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await screen.findByText('Route saved');
  expect(sent).toMatchObject({ destination: { kind: 'satellite', orbit: 7 } });
});

test('a number is tried: who dials it, which routes it takes, where it ends', async () => {
  let asked = '';
  server.use(
    http.get(`${base}/routes/test`, ({ request }) => {
      asked = new URL(request.url).search;
      return HttpResponse.json(routeTest);
    }),
  );
  const { user } = renderRoute('/routes');
  const box = await screen.findByRole('region', { name: 'Try a number' });
  await user.type(within(box).getByLabelText('dials'), 'abc{Enter}');
  expect(within(box).getByText('Digits, *, # and +.')).toBeVisible();
  expect(asked).toBe('');
  await within(box).findByRole('option', { name: /^101/ });
  await user.selectOptions(within(box).getByLabelText('When'), '101');
  await user.clear(within(box).getByLabelText('dials'));
  await user.type(within(box).getByLabelText('dials'), '0512{Enter}');
  expect(await within(box).findByText('When 101 dials 0512')).toBeVisible();
  expect(asked).toBe('?number=0512&caller=101');
  expect(
    within(box)
      .getAllByRole('listitem')
      .map((item) => item.textContent),
  ).toEqual(['route Outside', 'dialled as 512', 'route Help desk', 'extension 102 rings']);
});

test('an emergency number is named as one', async () => {
  server.use(
    http.get(`${base}/routes/test`, () =>
      HttpResponse.json({
        ...routeTest,
        number: '112',
        emergency: true,
        path: [],
        result: 'refuse',
        extension: null,
        status: 404,
        cause: 'no route for an emergency number',
      }),
    ),
  );
  const { user } = renderRoute('/routes');
  const box = await screen.findByRole('region', { name: 'Try a number' });
  await user.type(within(box).getByLabelText('dials'), '112{Enter}');
  expect(await within(box).findByText(/refused with 404: no route for an emergency number/)).toBeVisible();
  expect(within(box).getByText(/This is an emergency number/)).toBeVisible();
});

test('who may not change routes sees and tries them only', async () => {
  server.use(
    http.get('https://parley.test/v1/me', () =>
      HttpResponse.json({ ...me, permissions: me.permissions.filter((one) => one !== 'routes.write') }),
    ),
  );
  renderRoute('/routes');
  await screen.findByRole('table');
  expect(screen.queryByRole('button', { name: 'New route' })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /^Ask / })).not.toBeInTheDocument();
  expect(screen.getByRole('region', { name: 'Try a number' })).toBeVisible();
});

test('a route leads to a trunk, with another for when that cannot take the call', async () => {
  let sent: unknown = null;
  server.use(
    http.post(`${base}/routes`, async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(routes[0], { status: 201 });
    }),
  );
  const { user } = renderRoute('/routes');
  await user.click(await screen.findByRole('button', { name: 'New route' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New route' }));
  await user.type(dialog.getByLabelText(/^Name/), 'Outside');
  await user.type(dialog.getByLabelText(/^Pattern/), '0.');
  await user.selectOptions(dialog.getByLabelText('Where it leads'), 'trunk');
  await user.click(dialog.getByRole('button', { name: 'Create' }));
  expect(dialog.getByText('Please choose a trunk.')).toBeVisible();
  await dialog.findAllByRole('option', { name: 'Green' });
  await user.selectOptions(dialog.getByLabelText(/^Trunk/), 'Green');
  await user.selectOptions(dialog.getByLabelText('If that cannot take the call'), 'Green');
  expect(dialog.getByText('That is the same trunk.')).toBeVisible();
  await user.selectOptions(dialog.getByLabelText('If that cannot take the call'), 'Blue');
  await user.click(dialog.getByRole('button', { name: 'Create' }));
  expect(await screen.findByText('Route created')).toBeVisible();
  expect(sent).toMatchObject({
    strip: 0,
    destination: { kind: 'trunk', trunks: ['Green', 'Blue'] },
  });
});
