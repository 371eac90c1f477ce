import type { Timestamp } from './ids.ts';

/** One SIP message as it passed the wire, already without secrets, and masked for readers without sip_trace.read. */
export interface SipTraceMessage {
  number: number;
  at: Timestamp;
  direction: 'in' | 'out';
  transport: string;
  /** address:port, or "party 1" when masked */
  peer: string;
  /** "INVITE", "200 OK (INVITE)" */
  summary: string;
  text: string;
}

/** An address that SIP tells nothing, or that is never banned. */
export interface SipBan {
  id: string;
  kind: 'ban' | 'allow';
  address: string;
  reason: string;
  /** "parleyd": found by the server */
  by: string;
  since: Timestamp;
  until: Timestamp | null;
}
