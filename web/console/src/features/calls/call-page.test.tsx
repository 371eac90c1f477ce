import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { FakeWebSocket } from '~testing/fake-socket';
import {
  analysis,
  hold,
  me,
  receipt,
  recordedCall,
  runningCall,
  transcript,
  workingCall,
} from '~testing/fixtures';
import { renderRoute } from '~testing/render-route';
import { base, problem, server } from '~testing/server';

const address = `/calls/${recordedCall.id}`;

function audioElement(): HTMLAudioElement {
  const audio = document.querySelector('audio');
  if (!audio) throw new Error('no audio on the page');
  return audio;
}

/** jsdom has no media: this one knows its metadata already. */
function loaded(audio: HTMLAudioElement): HTMLAudioElement {
  let currentTime = 0;
  Object.defineProperties(audio, {
    readyState: { value: HTMLMediaElement.HAVE_METADATA },
    currentTime: {
      get: () => currentTime,
      set: (value: number) => {
        currentTime = value;
        audio.dispatchEvent(new Event('seeking'));
      },
    },
  });
  return audio;
}

test('a claim jumps to its evidence: the audio seeks and the turn is highlighted', async () => {
  const { user } = renderRoute(address);
  const chip = await screen.findByRole('button', {
    name: /play the evidence at 0:04 for: the printer order/i,
  });
  await screen.findByRole('button', { name: /Hello Priya/ });
  const audio = loaded(audioElement());
  await user.click(chip);
  expect(audio.currentTime).toBeCloseTo(4.4);
  expect(chip).toHaveAttribute('aria-pressed', 'true');
  const turn = screen.getByRole('button', { name: /Hello Priya/ });
  expect(turn).toHaveAttribute('data-evidence', 'true');
  expect(turn).toHaveAttribute('aria-current', 'true');
});

test('a click on a turn seeks to it', async () => {
  const { user } = renderRoute(address);
  const turn = await screen.findByRole('button', { name: /replacement by express/ });
  const audio = loaded(audioElement());
  await user.click(turn);
  expect(audio.currentTime).toBeCloseTo(37.5);
});

test('nothing of the audio is fetched before somebody plays: each access is audited', async () => {
  renderRoute(address);
  await screen.findByRole('button', { name: 'Play' });
  expect(audioElement().preload).toBe('none');
});

test('the transcript is searched and matches are counted', async () => {
  const { user } = renderRoute(address);
  await user.type(await screen.findByRole('searchbox', { name: 'Search in the transcript' }), 'address');
  expect(await screen.findByText('3 matches')).toBeVisible();
});

test('deleting asks, and shows the receipt (RET-9, RET-11)', async () => {
  let gone = false;
  server.use(
    http.delete(`${base}/calls/:id`, () => {
      gone = true;
      return HttpResponse.json(receipt);
    }),
  );
  const { user, router } = renderRoute(address);
  await user.click(await screen.findByRole('tab', { name: 'Keeping' }));
  await user.click(screen.getByRole('button', { name: 'Delete call' }));
  expect(gone).toBe(false);
  await user.click(await screen.findByRole('button', { name: 'Delete for good' }));
  const dialog = await screen.findByRole('dialog', { name: 'Deleted, and checked' });
  expect(within(dialog).getByText('Verified')).toBeVisible();
  expect(within(dialog).getByText('Search terms')).toBeVisible();
  await user.click(within(dialog).getByRole('button', { name: 'Done' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/calls'));
});

test('a hold is placed and keeps the call from being deleted (RET-10)', async () => {
  let holds: (typeof hold)[] = [];
  server.use(
    http.get(`${base}/calls/:id`, () => HttpResponse.json({ ...recordedCall, holds })),
    http.post(`${base}/calls/:id/holds`, async ({ request }) => {
      const { reason } = (await request.json()) as { reason: string };
      holds = [{ ...hold, reason }];
      return HttpResponse.json(holds[0], { status: 201 });
    }),
  );
  const { user } = renderRoute(address);
  await user.click(await screen.findByRole('tab', { name: 'Keeping' }));
  await user.click(screen.getByRole('button', { name: 'Place hold' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText('Reason'), 'Dispute 7');
  await user.click(within(dialog).getByRole('button', { name: 'Place hold' }));
  expect(await screen.findByText('Dispute 7')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Delete call' })).toBeDisabled();
});

test('processing shows its progress, and the transcript comes by its event', async () => {
  let call = workingCall;
  server.use(http.get(`${base}/calls/:id`, () => HttpResponse.json(call)));
  renderRoute(`/calls/${workingCall.id}`);
  expect(await screen.findByRole('progressbar', { name: /Transcription/ })).toHaveAttribute(
    'aria-valuenow',
    '46',
  );
  call = { ...workingCall, transcript: 'ready', analysis: 'ready', jobs: [] };
  FakeWebSocket.send('transcript.ready', workingCall.id);
  expect(await screen.findByRole('button', { name: /Hello Priya/ })).toBeVisible();
});

test('the words of a running call appear as they are said, without a player', async () => {
  let call = runningCall;
  let said = 1;
  server.use(
    http.get(`${base}/calls/:id`, () => HttpResponse.json(call)),
    http.get(`${base}/calls/:id/transcript`, () =>
      HttpResponse.json({
        ...transcript,
        turns: transcript.turns.slice(0, said),
        provisional: call.ended_at === null,
      }),
    ),
    http.get(`${base}/calls/:id/analysis`, () =>
      HttpResponse.json({ ...analysis, provisional: call.ended_at === null }),
    ),
  );
  renderRoute(`/calls/${runningCall.id}`);
  expect(await screen.findByText(/this is Priya speaking/)).toBeVisible();
  expect(screen.getAllByText('Call in progress')).not.toHaveLength(0);
  expect(screen.getByText('Provisional')).toBeVisible();
  expect(await screen.findByText(/From what was said so far/)).toBeVisible();
  expect(screen.queryByText('Failed')).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Play' })).not.toBeInTheDocument();
  expect(screen.queryByText(/Hello Priya/)).not.toBeInTheDocument();
  said = 2;
  FakeWebSocket.send('transcript.partial', runningCall.id);
  expect(await screen.findByText(/Hello Priya/)).toBeVisible();
  call = { ...recordedCall, id: runningCall.id };
  FakeWebSocket.send('transcript.ready', runningCall.id);
  expect(await screen.findByRole('button', { name: 'Play' })).toBeVisible();
  await waitFor(() => expect(screen.queryByText('Provisional')).not.toBeInTheDocument());
});

test('a running call that was not heard yet says that it is listened to', async () => {
  server.use(
    http.get(`${base}/calls/:id`, () =>
      HttpResponse.json({ ...runningCall, transcript: 'none', analysis: 'none' }),
    ),
  );
  renderRoute(`/calls/${runningCall.id}`);
  expect(await screen.findByText('Listening')).toBeVisible();
});

test('who may not listen sees the words without a player', async () => {
  server.use(
    http.get('https://parley.test/v1/me', () =>
      HttpResponse.json({ ...me, permissions: me.permissions.filter((one) => one !== 'recordings.listen') }),
    ),
  );
  renderRoute(address);
  expect(await screen.findByText('Your role does not allow listening to recordings.')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Play' })).not.toBeInTheDocument();
});

test('a deleted call says so instead of failing', async () => {
  server.use(http.get(`${base}/calls/:id`, () => problem(404, 'Not found')));
  renderRoute(address);
  expect(await screen.findByText('There is nothing here')).toBeVisible();
});
