import { IconPlayerPlayFilled } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Claim, Evidence } from '@parley/api-client/analysis';
import { clock } from '~/shared/format/time';
import { text } from '~/shared/text/text';
import classes from './claim-text.module.css';

/** What a click on a piece of evidence does: the page seeks and highlights. */
export interface EvidenceDesk {
  shown: Evidence | null;
  show: (evidence: Evidence, all: Evidence[]) => void;
}

interface ClaimTextProps {
  claim: Claim;
  desk: EvidenceDesk;
  children?: ReactNode;
}

const kSure = 0.75;

/** A statement with the places in the call that show it. */
export function ClaimText({ claim, desk, children }: ClaimTextProps) {
  const t = text.call;
  return (
    <p className={classes.claim}>
      {children ?? claim.text}{' '}
      <span className={classes.evidence}>
        {claim.evidence.map((evidence, index) => (
          <button
            key={index}
            type="button"
            className={classes.chip}
            title={`“${evidence.quote}”`}
            aria-pressed={desk.shown === evidence}
            aria-label={t.showEvidence(claim.text, clock(evidence.start_s))}
            onClick={() => desk.show(evidence, claim.evidence)}
          >
            <IconPlayerPlayFilled size={10} aria-hidden="true" />
            {clock(evidence.start_s)}
          </button>
        ))}
      </span>
      {claim.confidence < kSure && (
        <span className={classes.unsure}>{t.confidence(Math.round(claim.confidence * 100))}</span>
      )}
    </p>
  );
}
