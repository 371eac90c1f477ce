import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { openEventStream, type ParleyEvent } from '@parley/api-client/events';
import type { OrganisationId } from '@parley/api-client/ids';
import type { LiveCall } from '@parley/api-client/telephony';
import { keys } from '~/shared/api/keys';
import { notifyUrgent } from '~/shared/ui/notify';
import { emergencyNotice } from './emergency';

/** Keeps the pages current from /v1/events. Returns whether the stream is connected. */
export function useEvents(organisation: OrganisationId, may: boolean): boolean {
  const queryClient = useQueryClient();
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    if (!may) return;
    let opened = false;
    const stream = openEventStream({
      organisation,
      onEvent: (event) => {
        applyEvent(queryClient, organisation, event);
        const urgent = emergencyNotice(event);
        if (urgent !== null) notifyUrgent(urgent);
      },
      onOpen: () => {
        setConnected(true);
        // After a gap the stored events say what changed, but a restarted server may have forgotten its live calls.
        if (opened) void queryClient.invalidateQueries({ queryKey: keys.organisation(organisation) });
        opened = true;
      },
      onLost: () => setConnected(false),
    });
    return () => stream.close();
  }, [queryClient, organisation, may]);
  return connected;
}

/** Which answers an event makes stale. The event's own data is not trusted to be complete: the page asks again. */
export function applyEvent(queryClient: QueryClient, organisation: OrganisationId, event: ParleyEvent): void {
  const stale = (queryKey: readonly unknown[]): void => void queryClient.invalidateQueries({ queryKey });
  const call = event.call_id;
  switch (event.type) {
    case 'emergency.placed':
    case 'emergency.answered':
    case 'emergency.failed':
    case 'call.ringing':
    case 'call.answered':
    case 'call.held':
    case 'call.resumed':
      stale(keys.live(organisation));
      if (call) stale(keys.call(organisation, call));
      stale(keys.status);
      return;
    case 'call.ended':
      queryClient.setQueryData<LiveCall[]>(keys.live(organisation), (calls) =>
        calls?.filter((one) => one.id !== call),
      );
      stale(keys.live(organisation));
      stale(keys.calls(organisation));
      if (call) stale(keys.call(organisation, call));
      stale(keys.status);
      return;
    case 'recording.started':
    case 'recording.paused':
    case 'recording.resumed':
    case 'recording.stopped':
    case 'recording.failed':
      stale(keys.live(organisation));
      if (call) stale(keys.call(organisation, call));
      return;
    case 'transcript.partial':
    case 'analysis.partial':
      if (call) stale(keys.call(organisation, call));
      return;
    case 'recording.ready':
    case 'transcript.progress':
    case 'transcript.ready':
    case 'analysis.ready':
      stale(keys.calls(organisation));
      if (call) stale(keys.call(organisation, call));
      return;
    case 'call.deleted':
      stale(keys.calls(organisation));
      stale(keys.receipts(organisation));
      return;
    case 'registration.added':
    case 'registration.removed':
      stale(keys.extensions(organisation));
      stale(keys.registrations(organisation));
      stale(keys.status);
      return;
    case 'trunk.up':
    case 'trunk.down':
      stale(keys.trunks(organisation));
      return;
    case 'security.banned':
    case 'security.unbanned':
    case 'security.allowed':
    case 'security.disallowed':
      stale(keys.bans);
      return;
    case 'configuration.changed':
      stale(keys.extensions(organisation));
      stale(keys.trunks(organisation));
      stale(keys.users(organisation));
      stale(keys.policy(organisation));
      return;
    case 'demo.progress':
      stale(keys.demo(organisation));
      return;
    case 'prove.finished':
      stale(keys.prove(organisation));
      return;
    default:
      // A type that a newer server knows.
      return event.type satisfies never;
  }
}
