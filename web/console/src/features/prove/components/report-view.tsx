import { Accordion } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import type { PromiseCheck, Report, Verdict } from '@parley/api-client/governance';
import { dateTime } from '~/shared/format/time';
import { words } from '~/shared/format/words';
import { text } from '~/shared/text/text';
import { Dot } from '~/shared/ui/dot';
import { Facts } from '~/shared/ui/facts';
import classes from './prove-page.module.css';

const tones = { holds: 'good', violated: 'bad', not_checkable: 'neutral' } as const;
const order: Verdict[] = ['violated', 'not_checkable', 'holds'];

/** One signed report: violated promises first and open. */
export function ReportView({ report }: { report: Report }) {
  const t = text.prove;
  const violated = report.promises.filter((promise) => promise.verdict === 'violated');
  const sorted = [...report.promises].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  return (
    <div>
      <section className={classes.banner} data-tone={violated.length > 0 ? 'bad' : 'good'} role="status">
        {violated.length > 0 ? (
          <IconShieldX size={34} stroke={1.6} />
        ) : (
          <IconShieldCheck size={34} stroke={1.6} />
        )}
        <div>
          <h2>{violated.length > 0 ? t.someViolated(violated.length) : t.allHold}</h2>
          <p>{t.checkedAt(dateTime(report.created_at))}</p>
        </div>
        <div className={classes.counts}>
          {(['holds', 'violated', 'not_checkable'] as const).map((verdict) => (
            <Dot key={verdict} tone={tones[verdict]}>
              {report.promises.filter((promise) => promise.verdict === verdict).length}{' '}
              {t.verdicts[verdict].toLowerCase()}
            </Dot>
          ))}
        </div>
      </section>
      <div className={classes.list}>
        <Accordion multiple defaultValue={violated.map((promise) => promise.id)} key={report.id} order={2}>
          {sorted.map((promise) => (
            <PromiseItem key={promise.id} promise={promise} />
          ))}
        </Accordion>
      </div>
      <p className={classes.signature}>
        {t.signature}: {t.signedWith(report.signature.algorithm, report.signature.key_id)}
      </p>
    </div>
  );
}

function PromiseItem({ promise }: { promise: PromiseCheck }) {
  const t = text.prove;
  return (
    <Accordion.Item value={promise.id}>
      <Accordion.Control>
        <span className={classes.promise}>
          <span className={classes.id}>{promise.id}</span>
          <span className={classes.title}>{promise.title}</span>
          <Dot tone={tones[promise.verdict]}>{t.verdicts[promise.verdict]}</Dot>
        </span>
      </Accordion.Control>
      <Accordion.Panel>
        <div className={classes.detail}>
          <div>
            <h3>{t.evidence}</h3>
            {promise.evidence.length === 0 ? (
              <p className={classes.none}>{t.noEvidence}</p>
            ) : (
              <Facts rows={promise.evidence.map((one) => [words(one.what), shown(one.value)])} />
            )}
          </div>
          {promise.exceptions.length > 0 && (
            <div>
              <h3>{t.exceptions}</h3>
              <Facts rows={promise.exceptions.map((one) => [words(one.what), one.reason])} />
            </div>
          )}
        </div>
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function shown(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? text.prove.yes : text.prove.no;
  return typeof value === 'number' ? value.toLocaleString('en') : value;
}
