import type { MouseEvent } from 'react';
import type { Analysis } from '@parley/api-client/analysis';
import { clock } from '~/shared/format/time';
import { text } from '~/shared/text/text';
import classes from './plots.module.css';

interface SentimentPlotProps {
  sentiment: Analysis['sentiment'];
  seconds: number;
  position: number;
  onSeek: (seconds: number) => void;
}

const kWidth = 1000;
const kHalf = 50;
/** A neutral turn still shows that somebody spoke. */
const kLeast = 3;

/** One bar for each turn: up is positive, down is negative, its width is its time. */
export function SentimentPlot({ sentiment, seconds, position, onSeek }: SentimentPlotProps) {
  const t = text.call;
  const length = Math.max(seconds, ...sentiment.timeline.map((part) => part.end_s), 1);
  const x = (at: number) => (at / length) * kWidth;
  const seek = (event: MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    if (box.width > 0) onSeek(((event.clientX - box.left) / box.width) * length);
  };
  return (
    <div>
      {/* For pointers only; the player's slider serves keyboards. */}
      <svg
        className={classes.svg}
        viewBox={`0 0 ${kWidth} ${2 * kHalf}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t.sentimentPlot(mood(sentiment.overall))}
        onClick={seek}
      >
        {sentiment.timeline.map((part, index) => {
          const height = Math.max(kLeast, Math.abs(part.score) * kHalf);
          return (
            <rect
              key={index}
              className={classes[part.speaker]}
              x={x(part.start_s)}
              width={Math.max(2, x(part.end_s) - x(part.start_s) - 1)}
              y={part.score >= 0 ? kHalf - height : kHalf}
              height={height}
              rx={2}
            >
              <title>{`${t.speakers[part.speaker]} ${clock(part.start_s)}: ${mood(part.score)}`}</title>
            </rect>
          );
        })}
        <line className={classes.axis} x1={0} x2={kWidth} y1={kHalf} y2={kHalf} />
        <line className={classes.cursor} x1={x(position)} x2={x(position)} y1={0} y2={2 * kHalf} />
      </svg>
      <div className={classes.ends} aria-hidden="true">
        <span>{clock(0)}</span>
        <span>{clock(length)}</span>
      </div>
      <div className={classes.legend}>
        {(['caller', 'callee'] as const).map((speaker) => {
          const score = sentiment.by_speaker[speaker];
          return (
            score !== undefined && (
              <span
                key={speaker}
                className={`${classes.key} ${speaker === 'caller' ? classes.keyCaller : classes.keyCallee}`}
              >
                {t.speakers[speaker]}: {mood(score)}
              </span>
            )
          );
        })}
      </div>
    </div>
  );
}

const kNeutral = 0.1;

export function mood(score: number): string {
  const t = text.call.sentimentWords;
  const signed = `${score > 0 ? '+' : ''}${score.toFixed(2)}`;
  const word = score > kNeutral ? t.positive : score < -kNeutral ? t.negative : t.neutral;
  return `${word} (${signed})`;
}
