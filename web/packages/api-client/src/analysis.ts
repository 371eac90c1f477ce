import type { Speaker } from './calls.ts';

/** One statement of an analysis with the turns that show it. */
export interface Evidence {
  turn: number;
  start_s: number;
  end_s: number;
  quote: string;
}

export interface Claim {
  text: string;
  confidence: number;
  evidence: Evidence[];
}

export type EntityKind =
  'person' | 'number' | 'money' | 'date' | 'time' | 'email' | 'address' | 'product' | 'organisation';

export interface Analysis {
  engine: string;
  language: string;
  provisional: boolean;
  summary: { problem: Claim | null; action: Claim | null; outcome: Claim | null; next_step: Claim | null };
  action_items: { who: string; what: string; when: string | null; claim: Claim }[];
  sentiment: {
    overall: number;
    by_speaker: Partial<Record<Speaker, number>>;
    timeline: { start_s: number; end_s: number; speaker: Speaker; score: number }[];
  };
  talk: {
    caller_s: number;
    callee_s: number;
    silence_s: number;
    ratio: Record<Speaker, number>;
    interruptions: { at_s: number; by: Speaker }[];
    longest_monologue: { speaker: Speaker; start_s: number; end_s: number } | null;
  };
  topics: { label: string; claim: Claim }[];
  entities: { kind: EntityKind; text: string; claim: Claim }[];
}
