import type { Analysis, Claim } from '@parley/api-client/analysis';
import { text } from '~/shared/text/text';
import classes from './analysis-panel.module.css';
import { ClaimText, type EvidenceDesk } from './claim-text';
import panel from './panel.module.css';
import { SentimentPlot } from './sentiment-plot';
import { TalkPlot } from './talk-plot';

interface AnalysisPanelProps {
  analysis: Analysis;
  desk: EvidenceDesk;
  seconds: number;
  position: number;
  onSeek: (seconds: number) => void;
}

export function AnalysisPanel({ analysis, desk, seconds, position, onSeek }: AnalysisPanelProps) {
  const t = text.call;
  const parts = (['problem', 'action', 'outcome', 'next_step'] as const)
    .map((part) => [part, analysis.summary[part]] as const)
    .filter((entry): entry is [(typeof entry)[0], Claim] => entry[1] !== null);
  return (
    <>
      {parts.length > 0 && (
        <section className={panel.section} aria-label={t.summaryTitle}>
          <dl className={classes.summary}>
            {parts.map(([part, claim]) => (
              <div key={part}>
                <dt>{t.summary[part]}</dt>
                <dd>
                  <ClaimText claim={claim} desk={desk} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {analysis.action_items.length > 0 && (
        <section className={panel.section}>
          <h3 className={panel.sub}>{t.actionItems}</h3>
          <ul className={classes.list}>
            {analysis.action_items.map((item, index) => (
              <li key={index}>
                <ClaimText claim={item.claim} desk={desk}>
                  <span className={classes.who}>{item.who}:</span> {item.what}
                  {item.when && <span className={classes.due}> ({item.when})</span>}
                </ClaimText>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className={panel.section}>
        <h3 className={panel.sub}>{t.sentiment}</h3>
        <SentimentPlot sentiment={analysis.sentiment} seconds={seconds} position={position} onSeek={onSeek} />
      </section>
      <section className={panel.section}>
        <h3 className={panel.sub}>{t.talk}</h3>
        <TalkPlot talk={analysis.talk} onSeek={onSeek} />
      </section>
      {analysis.topics.length > 0 && (
        <section className={panel.section}>
          <h3 className={panel.sub}>{t.topics}</h3>
          <ul className={classes.list}>
            {analysis.topics.map((topic, index) => (
              <li key={index}>
                <ClaimText claim={topic.claim} desk={desk}>
                  {topic.label}
                </ClaimText>
              </li>
            ))}
          </ul>
        </section>
      )}
      {analysis.entities.length > 0 && (
        <section className={panel.section}>
          <h3 className={panel.sub}>{t.entities}</h3>
          <ul className={classes.list}>
            {analysis.entities.map((entity, index) => (
              <li key={index}>
                <ClaimText claim={entity.claim} desk={desk}>
                  <span className={classes.kind}>{t.entityKinds[entity.kind] ?? entity.kind}</span>
                  {entity.text}
                </ClaimText>
              </li>
            ))}
          </ul>
        </section>
      )}
      <p className={panel.foot}>{t.madeBy(analysis.engine)}</p>
    </>
  );
}
