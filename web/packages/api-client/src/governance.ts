import type { OrganisationId, ReportId, Timestamp } from './ids.ts';

export interface Announcement {
  mode: 'default' | 'custom';
  text: string;
}

export interface PolicyDraft {
  /** The version that was read; another one in between is a conflict. */
  version: number;
  recordings_days: number;
  transcripts_follow_recordings: true;
  cdr_days: number | null;
  announcement: Announcement;
}

export interface Policy extends PolicyDraft {
  /** Null for version 0: the defaults, which nobody has changed. */
  changed_at: Timestamp | null;
  /** A user's id, or "local". */
  changed_by: string;
}

export type Verdict = 'holds' | 'violated' | 'not_checkable';

export interface PromiseCheck {
  id: string;
  title: string;
  verdict: Verdict;
  evidence: { what: string; value: string | number | boolean }[];
  exceptions: { what: string; reason: string }[];
}

export interface ReportSummary {
  id: ReportId;
  created_at: Timestamp;
  counts: Record<Verdict, number>;
}

export interface Report extends ReportSummary {
  organisation: OrganisationId;
  promises: PromiseCheck[];
  signature: { algorithm: 'Ed25519'; key_id: string; public_key: string; value: string };
}

export interface AuditEntry {
  seq: number;
  at: Timestamp;
  actor: { kind: string; id: string; name?: string | null };
  action: string;
  target: { kind: string; id: string };
  result: string;
  ip: string;
}

export interface AuditVerification {
  ok: boolean;
  entries: number;
  /** Sequence number of the first entry that does not fit the chain. */
  broken_at: number | null;
  detail: string;
}

export interface Status {
  version: string;
  uptime_s: number;
  organisations: number;
  registrations: number;
  live_calls: number;
  speech: { available: boolean; engine: string; reason: string };
  jobs: { queued: number; running: number; dead: number };
  disk: { free_bytes: number };
  recording: { ok: boolean };
}
