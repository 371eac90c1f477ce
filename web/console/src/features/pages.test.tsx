import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { extensions, policy } from '~testing/fixtures';
import { report } from '~testing/fixtures-report';
import { renderRoute } from '~testing/render-route';
import { base, problem, server } from '~testing/server';

test('phone settings show a QR code and keep the password covered until asked', async () => {
  const { user } = renderRoute('/extensions');
  await user.click(await screen.findByRole('button', { name: 'Phone settings for 101' }));
  const dialog = await screen.findByRole('dialog');
  expect(await within(dialog).findByRole('img', { name: /QR code/ })).toBeVisible();
  expect(within(dialog).queryByText('k7Qm-2vXw-9dTz')).not.toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Show password' }));
  expect(within(dialog).getByText('k7Qm-2vXw-9dTz')).toBeVisible();
});

test('a new extension is checked before it is sent, and a conflict is shown in the form', async () => {
  let sent = 0;
  server.use(
    http.post(`${base}/extensions`, () => {
      sent += 1;
      return problem(409, 'Number 101 is taken');
    }),
  );
  const { user } = renderRoute('/extensions');
  await user.click(await screen.findByRole('button', { name: 'New extension' }));
  const dialog = await screen.findByRole('dialog', { name: 'New extension' });
  await user.click(within(dialog).getByRole('button', { name: 'Create' }));
  expect(within(dialog).getByText('Digits only, 2 to 10 of them.')).toBeVisible();
  expect(sent).toBe(0);
  await user.type(within(dialog).getByLabelText(/Number/), '101');
  await user.type(within(dialog).getByLabelText(/^Name/), 'Second');
  await user.click(within(dialog).getByRole('button', { name: 'Create' }));
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('Number 101 is taken');
});

test('recording is off for a new extension until it is switched on (PBX-4)', async () => {
  let draft: unknown = null;
  server.use(
    http.post(`${base}/extensions`, async ({ request }) => {
      draft = await request.json();
      return HttpResponse.json(extensions[0], { status: 201 });
    }),
  );
  const { user } = renderRoute('/extensions');
  await user.click(await screen.findByRole('button', { name: 'New extension' }));
  const dialog = await screen.findByRole('dialog', { name: 'New extension' });
  await user.type(within(dialog).getByLabelText(/Number/), '104');
  await user.type(within(dialog).getByLabelText(/^Name/), 'New one');
  await user.click(within(dialog).getByRole('button', { name: 'Create' }));
  await screen.findByText('Extension created');
  expect(draft).toMatchObject({ number: '104', recording: 'off', enabled: true });
});

test('a shorter retention warns before it is saved (RET-3)', async () => {
  let sent: unknown = null;
  server.use(
    http.put(`${base}/policy`, async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json({ ...policy, version: 3, recordings_days: 30 });
    }),
  );
  const { user } = renderRoute('/policy');
  const days = await screen.findByLabelText('Keep recordings for (days)');
  expect(screen.getByRole('button', { name: 'Save as new version' })).toBeDisabled();
  await user.clear(days);
  await user.type(days, '30');
  expect(screen.getByText(/Shorter than before/)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Save as new version' }));
  expect(await screen.findByText('Version 3 is in force')).toBeVisible();
  expect(sent).toMatchObject({ version: 2, recordings_days: 30 });
});

test('the prove page shows violated promises first, with their evidence', async () => {
  renderRoute('/prove');
  expect(await screen.findByRole('heading', { name: '1 promise is violated' })).toBeVisible();
  const first = screen
    .getAllByRole('heading', { level: 2 })
    .find((heading) => heading.textContent?.includes('RET-'));
  expect(first).toHaveTextContent('RET-3');
  expect(screen.getByText('Recordings past their deadline')).toBeVisible();
  expect(screen.getByRole('link', { name: 'Download signed report' })).toHaveAttribute(
    'href',
    expect.stringContaining(report.id),
  );
});

test('the audit chain is verified on demand (SEC-5)', async () => {
  server.use(
    http.post(`${base}/audit/verify`, () =>
      HttpResponse.json({ ok: false, entries: 418, broken_at: 17, detail: 'altered' }),
    ),
  );
  const { user } = renderRoute('/records?tab=audit');
  await user.click(await screen.findByRole('button', { name: 'Verify the chain' }));
  expect(await screen.findByText(/broken at entry 17/)).toBeVisible();
});

test('without speech the status page says what still works', async () => {
  server.use(
    http.get('https://parley.test/v1/status', () =>
      HttpResponse.json({
        version: '0.1.0',
        uptime_s: 60,
        organisations: 1,
        registrations: 0,
        live_calls: 0,
        speech: { available: false, engine: '', reason: 'models are missing: run ./dev setup' },
        jobs: { queued: 0, running: 0, dead: 0 },
        disk: { free_bytes: 1e9 },
        recording: { ok: true },
      }),
    ),
  );
  renderRoute('/status');
  const card = await screen.findByRole('region', { name: 'Speech' });
  expect(card).toHaveTextContent('Calls are recorded but not transcribed');
  expect(card).toHaveTextContent('models are missing');
  expect(screen.getByRole('region', { name: 'Disk' })).toHaveTextContent('Needs attention');
});

test('the address of a page that is not there says so', async () => {
  renderRoute('/nonsense');
  expect(await screen.findByText('There is nothing here')).toBeVisible();
});
