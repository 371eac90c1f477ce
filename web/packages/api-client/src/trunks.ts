import type { Timestamp, TrunkId } from './ids.ts';

export type TrunkKind = 'register' | 'peer';
export type TrunkTransport = '' | 'udp' | 'tcp' | 'tls';
/** What the carrier is told of calls that go on to it from one of our numbers. */
export type TrunkDiversions = 'none' | 'diversion' | 'history_info' | 'both';
export type TrunkNumbers = 'e164' | 'e164_bare' | 'as_dialled';

/** A number that the carrier brings calls for, and who takes them. */
export interface TrunkNumber {
  pattern: string;
  extension: string;
}

/** What people say about a carrier. */
export interface TrunkSettings {
  name: string;
  enabled: boolean;
  kind: TrunkKind;
  host: string;
  /** 0: DNS says it */
  port: number;
  /** '': DNS says it */
  transport: TrunkTransport;
  username: string;
  realm: string;
  expires_s: number;
  addresses: string[];
  probe_s: number;
  /** 0: any */
  channels: number;
  caller_id: string;
  caller_in_from: boolean;
  asserted_identity: boolean;
  diversions: TrunkDiversions;
  numbers: TrunkNumbers;
  country_code: string;
  national_prefix: string;
  international_prefix: string;
  inbound: TrunkNumber[];
}

/** The password is written only: absent, it stays what it is. */
export interface TrunkDraft extends TrunkSettings {
  password?: string;
}

export type TrunkCondition = 'off' | 'connecting' | 'up' | 'down' | 'refused';

/** What the last OPTIONS to one of the carrier's servers said. */
export interface TrunkServer {
  server: string;
  answers: boolean | null;
  asked_at: Timestamp | null;
}

export interface TrunkState {
  condition: TrunkCondition;
  /** why it is not up */
  reason: string;
  since: Timestamp | null;
  registered_at: Timestamp | null;
  registered_until: Timestamp | null;
  server: string;
  servers: TrunkServer[];
  calls: number;
}

export interface Trunk extends TrunkSettings {
  id: TrunkId;
  password_set: boolean;
  state: TrunkState;
}
