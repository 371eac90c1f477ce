import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { CallDetail, Leg } from '@parley/api-client/calls';
import type { DeviceId } from '@parley/api-client/ids';
import { extensionsQuery } from '~/shared/api/extensions';
import { partyName } from '~/shared/format/party';
import { dateTime, span, timeOfDay } from '~/shared/format/time';
import { words } from '~/shared/format/words';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Facts } from '~/shared/ui/facts';
import panel from './panel.module.css';
import path from './call-path.module.css';

/** The CDR in full (PBX-3): times, reasons, legs with the quality of their audio, and the way through the system. */
export function CallDetails({ call }: { call: CallDetail }) {
  const t = text.call.details;
  return (
    <Stack gap="lg">
      <section>
        <h3 className={panel.sub}>{t.call}</h3>
        <Facts
          rows={[
            [text.call.speakers.caller, `${partyName(call.caller)} (${call.caller.number})`],
            [text.call.speakers.callee, `${partyName(call.callee)} (${call.callee.number})`],
            [text.calls.direction, text.calls.directions[call.direction]],
            [text.calls.disposition, text.calls.dispositions[call.disposition]],
            [t.started, dateTime(call.started_at)],
            [t.answered, call.answered_at ? timeOfDay(call.answered_at) : null],
            [t.ended, call.ended_at ? timeOfDay(call.ended_at) : null],
            [t.duration, span(call.duration_s)],
            [t.billed, span(call.billed_s)],
            [t.hangUp, call.hangup_side ? t.sides[call.hangup_side] : null],
            [t.cause, words(call.hangup_cause)],
            [t.sip, call.sip_status === null ? null : String(call.sip_status)],
            [t.id, call.id],
          ]}
        />
      </section>
      {call.legs.length > 0 && (
        <section>
          <h3 className={panel.sub}>{t.legs}</h3>
          <Stack gap="sm">
            {call.legs.map((leg) => (
              <LegFacts key={leg.id} leg={leg} />
            ))}
          </Stack>
        </section>
      )}
      {call.path.length > 0 && (
        <section>
          <h3 className={panel.sub}>{t.path}</h3>
          <ol className={path.path}>
            {call.path.map((step, index) => (
              <li key={index}>
                <time dateTime={step.at}>{timeOfDay(step.at)}</time>
                <span>{words(step.what)}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </Stack>
  );
}

function LegFacts({ leg }: { leg: Leg }) {
  const t = text.call.details;
  const { stats } = leg;
  const device = useDeviceName(leg.device);
  return (
    <section className={path.leg} aria-label={`${t.party}: ${text.call.speakers[leg.party]}`}>
      <h4 className={path.party} data-party={leg.party}>
        {text.call.speakers[leg.party]}
      </h4>
      <Facts
        rows={[
          [t.device, device],
          [t.address, leg.remote_ip],
          [t.codec, leg.codec],
          [
            t.packets,
            stats && `${stats.packets_in.toLocaleString('en')} / ${stats.packets_out.toLocaleString('en')}`,
          ],
          [t.lost, stats && stats.lost.toLocaleString('en')],
          [t.jitter, stats && `${stats.jitter_ms.toFixed(1)} ms`],
          [t.mos, stats && stats.mos > 0 ? stats.mos.toFixed(2) : null],
          [t.reason, leg.end_reason],
        ]}
      />
    </section>
  );
}

/** Its name, while it exists: the call remembers only which one it was. */
function useDeviceName(id: DeviceId | null): string | null {
  const organisation = useOrganisation();
  const extensions = useQuery({ ...extensionsQuery(organisation), enabled: id !== null });
  return extensions.data?.flatMap((one) => one.devices).find((one) => one.id === id)?.name ?? null;
}
