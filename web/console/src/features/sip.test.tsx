import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import type { SipBan, SipTraceMessage } from '@parley/api-client/sip';
import { me, recordedCall } from '~testing/fixtures';
import { renderRoute } from '~testing/render-route';
import { base, problem, server } from '~testing/server';

const at = '2026-11-20T10:00:00Z';
const trace: SipTraceMessage[] = [
  ['in', '192.0.2.10:5060', 'INVITE'],
  ['out', '192.0.2.11:5060', 'INVITE'],
  ['in', '192.0.2.11:5060', '486 Busy Here (INVITE)'],
].map(([direction, peer, summary], index) => ({
  number: index + 1,
  at,
  direction: direction as 'in' | 'out',
  transport: 'UDP',
  peer: peer ?? '',
  summary: summary ?? '',
  text: `${summary} whole message <b>text</b>`,
}));

test('the signalling of a call is a ladder whose steps open by keyboard', async () => {
  server.use(
    http.get(`${base}/calls/:id/sip-trace`, () => HttpResponse.json({ items: trace, next_cursor: null })),
  );
  const { user } = renderRoute(`/calls/${recordedCall.id}`);
  await user.click(await screen.findByRole('tab', { name: 'Signalling' }));
  const step = await screen.findByRole('button', {
    name: '486 Busy Here (INVITE), from 192.0.2.11:5060 to Parley',
  });
  expect(screen.getAllByRole('button', { name: /from .* to / })).toHaveLength(3);
  expect(step).toHaveAttribute('aria-expanded', 'false');
  step.focus();
  await user.keyboard('{Enter}');
  expect(step).toHaveAttribute('aria-expanded', 'true');
  expect(screen.getByText('486 Busy Here (INVITE) whole message <b>text</b>')).toBeVisible();
});

test('a call whose messages are gone says so', async () => {
  server.use(http.get(`${base}/calls/:id/sip-trace`, () => problem(404, 'Not found')));
  const { user } = renderRoute(`/calls/${recordedCall.id}`);
  await user.click(await screen.findByRole('tab', { name: 'Signalling' }));
  expect(await screen.findByText(/no longer kept/)).toBeVisible();
});

test('a platform administrator lifts a ban and adds one', async () => {
  let bans: SipBan[] = [
    {
      id: 'b1',
      kind: 'ban',
      address: '203.0.113.7',
      reason: 'many accounts',
      by: 'parleyd',
      since: at,
      until: at,
    },
  ];
  server.use(
    http.get('/v1/me', () =>
      HttpResponse.json({ ...me, permissions: [...me.permissions, 'bans.read', 'bans.write'] }),
    ),
    http.get('/v1/sip/bans', () => HttpResponse.json({ items: bans, next_cursor: null })),
    http.delete('/v1/sip/bans/:id', ({ params }) => {
      bans = bans.filter((one) => one.id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
    http.post('/v1/sip/bans', async ({ request }) => {
      const draft = (await request.json()) as Pick<SipBan, 'kind' | 'address' | 'reason'>;
      const made: SipBan = { ...draft, id: 'b2', by: 'admin', since: at, until: null };
      bans = [made, ...bans];
      return HttpResponse.json(made, { status: 201 });
    }),
  );
  const { user } = renderRoute('/status');
  const section = await screen.findByRole('region', { name: 'Banned addresses' });
  expect(await within(section).findByText('many accounts')).toBeVisible();
  await user.click(within(section).getByRole('button', { name: 'Remove 203.0.113.7' }));
  await waitFor(() => expect(within(section).queryByText('203.0.113.7')).not.toBeInTheDocument());
  await user.type(within(section).getByLabelText('Address'), '198.51.100.0/24');
  await user.click(within(section).getByRole('button', { name: 'Add' }));
  expect(await within(section).findByText('198.51.100.0/24')).toBeVisible();
});

test('others see no bans', async () => {
  renderRoute('/status');
  await screen.findByRole('heading', { name: 'Connected phones' });
  expect(screen.queryByRole('region', { name: 'Banned addresses' })).not.toBeInTheDocument();
});
