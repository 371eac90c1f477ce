import type { CallId, DeviceId, ExtensionId, Timestamp } from './ids.ts';

export type RecordingSwitch = 'off' | 'on';

export interface Device {
  id: DeviceId;
  name: string;
  sip_username: string;
  registered: boolean;
}

export interface ExtensionDraft {
  number: string;
  display_name: string;
  email: string;
  mobile: string;
  site: string;
  department: string;
  caller_id: string;
  recording: RecordingSwitch;
  ring_timeout_s: number;
  enabled: boolean;
}

export interface Extension extends ExtensionDraft {
  id: ExtensionId;
  devices: Device[];
}

/** What a person types (or scans) into a telephone. Asking for it is written to the audit log. */
export interface PhoneSettings {
  number: string;
  devices: {
    id: DeviceId;
    name: string;
    sip_username: string;
    sip_password: string;
    sip_domain: string;
    server: string;
    port: number;
    transport: string;
    qr_text: string;
  }[];
}

export interface Registration {
  extension: string;
  device: string;
  contact: string;
  transport: string;
  user_agent: string;
  source: string;
  expires_at: Timestamp;
}

export interface LiveParty {
  number: string;
  name: string;
}

export type LiveRecording = 'off' | 'notice' | 'on' | 'paused' | 'failed';

export interface LiveCall {
  id: CallId;
  started_at: Timestamp;
  answered_at: Timestamp | null;
  state: 'ringing' | 'answered' | 'held';
  caller: LiveParty;
  callee: LiveParty;
  recording: LiveRecording;
}

export type RecordingAction = 'start' | 'pause' | 'resume' | 'stop';

export interface DemoCall {
  state: 'idle' | 'running' | 'done' | 'failed';
  step: string;
  progress: number;
  call_id: CallId | null;
  error?: string;
}
