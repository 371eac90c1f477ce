import type { Analysis } from '@parley/api-client/analysis';
import { clock, span } from '~/shared/format/time';
import { text } from '~/shared/text/text';
import classes from './plots.module.css';

interface TalkPlotProps {
  talk: Analysis['talk'];
  onSeek: (seconds: number) => void;
}

export function TalkPlot({ talk, onSeek }: TalkPlotProps) {
  const t = text.call;
  const all = Math.max(0.001, talk.caller_s + talk.callee_s + talk.silence_s);
  const caller = Math.round(talk.ratio.caller * 100);
  const callee = Math.round(talk.ratio.callee * 100);
  const share = (seconds: number) => ({ width: `${(seconds / all) * 100}%` });
  return (
    <div>
      <div className={classes.bar} role="img" aria-label={t.talkRatio(caller, callee)}>
        <span className={classes.barCaller} style={share(talk.caller_s)} />
        <span className={classes.barCallee} style={share(talk.callee_s)} />
        <span className={classes.barSilence} style={share(talk.silence_s)} />
      </div>
      <div className={classes.legend}>
        <span className={`${classes.key} ${classes.keyCaller}`}>
          {t.speakers.caller} {caller} %, {span(talk.caller_s)}
        </span>
        <span className={`${classes.key} ${classes.keyCallee}`}>
          {t.speakers.callee} {callee} %, {span(talk.callee_s)}
        </span>
        <span className={classes.key}>
          {t.silence} {span(talk.silence_s)}
        </span>
      </div>
      <div className={classes.legend}>
        <span>
          {t.interruptions}: {talk.interruptions.length === 0 ? '0' : ''}
          {talk.interruptions.map((one, index) => (
            <span key={index}>
              {index > 0 ? ', ' : ''}
              <button
                type="button"
                className={classes.jump}
                aria-label={t.seekTo(clock(one.at_s))}
                onClick={() => onSeek(one.at_s)}
              >
                {clock(one.at_s)}
              </button>{' '}
              ({t.speakers[one.by]})
            </span>
          ))}
        </span>
        {talk.longest_monologue && (
          <span>
            {t.longest}:{' '}
            <button
              type="button"
              className={classes.jump}
              title={t.seekTo(clock(talk.longest_monologue.start_s))}
              onClick={() => onSeek(talk.longest_monologue?.start_s ?? 0)}
            >
              {t.by(
                t.speakers[talk.longest_monologue.speaker],
                span(talk.longest_monologue.end_s - talk.longest_monologue.start_s),
              )}
            </button>
          </span>
        )}
      </div>
    </div>
  );
}
