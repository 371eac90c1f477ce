import type { CallId, DeviceId, ExtensionId, HoldId, ReceiptId, Timestamp } from './ids.ts';

export type Direction = 'inbound' | 'outbound' | 'internal';
export type Disposition = 'answered' | 'no_answer' | 'busy' | 'cancelled' | 'failed' | 'rejected';
export type Speaker = 'caller' | 'callee';
export type Side = Speaker | 'system';
export type Work = 'none' | 'queued' | 'running' | 'ready' | 'failed';

export interface Party {
  number: string;
  name: string;
  extension: ExtensionId | null;
}

export interface RecordingSummary {
  state: 'recording' | 'ready' | 'cut' | 'failed' | 'deleted';
  seconds: number;
}

export interface CallSummary {
  id: CallId;
  direction: Direction;
  started_at: Timestamp;
  answered_at: Timestamp | null;
  ended_at: Timestamp | null;
  duration_s: number;
  billed_s: number;
  disposition: Disposition;
  hangup_side: Side | null;
  hangup_cause: string;
  caller: Party;
  callee: Party;
  recording: RecordingSummary | null;
  transcript: Work;
  analysis: Work;
  headline: string | null;
}

export interface Leg {
  id: string;
  party: Speaker;
  extension: ExtensionId | null;
  device: DeviceId | null;
  remote_ip: string;
  sip_call_id: string;
  started_at: Timestamp;
  answered_at: Timestamp | null;
  ended_at: Timestamp | null;
  codec: string;
  end_reason: string;
  stats: { packets_in: number; packets_out: number; lost: number; jitter_ms: number; mos: number } | null;
}

export interface Deadline {
  kind: string;
  due_at: Timestamp;
  rule: string;
}

export interface Hold {
  id: HoldId;
  reason: string;
  created_at: Timestamp;
  created_by: string;
}

export interface CallJob {
  kind: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'dead';
  /** Percent, 0 to 100. */
  progress: number;
  attempts: number;
  error: string | null;
}

export interface CallDetail extends CallSummary {
  sip_status: number | null;
  legs: Leg[];
  path: { at: Timestamp; what: string }[];
  deadlines: Deadline[];
  holds: Hold[];
  jobs: CallJob[];
}

export interface CallFilter {
  q?: string | undefined;
  number?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  direction?: Direction | undefined;
  disposition?: Disposition | undefined;
  extension?: string | undefined;
  has_recording?: boolean | undefined;
}

export interface Waveform {
  seconds: number;
  peaks_per_s: number;
  channels: number[][];
}

export interface Turn {
  speaker: Speaker;
  start_s: number;
  end_s: number;
  text: string;
  confidence: number;
}

export interface Transcript {
  engine: string;
  language: string;
  turns: Turn[];
  /** The call is going on, or its final transcript is to come. */
  provisional: boolean;
}

export interface Receipt {
  id: ReceiptId;
  /** What was deleted: "call" or "recording". */
  kind: string;
  thing: string;
  /** Why: "RET-9 by hand", or the rule whose time had come. */
  reason: string;
  deleted_at: Timestamp;
  deleted_by: string;
  /** Rows, files and keys that went, by kind. */
  counts: Record<string, number>;
  /** SHA-256 of what was there, by kind: proof without content. */
  hashes: Record<string, string>;
  /** The server read everything again afterwards and found nothing (RET-11). */
  verified: boolean;
  /** Exactly as signed: JSON. */
  document?: string;
}
