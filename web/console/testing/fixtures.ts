import type { Me, User } from '@parley/api-client/accounts';
import type { Analysis, Claim } from '@parley/api-client/analysis';
import type {
  CallDetail,
  CallSummary,
  Receipt,
  Speaker,
  Transcript,
  Waveform,
} from '@parley/api-client/calls';
import type { AuditEntry, Policy, Status } from '@parley/api-client/governance';
import type {
  CallId,
  DeviceId,
  ExtensionId,
  HoldId,
  OrganisationId,
  ReceiptId,
  RouteId,
  UserId,
} from '@parley/api-client/ids';
import type { DialRoute, RouteTest } from '@parley/api-client/routes';
import type { Extension, LiveCall, PhoneSettings, Registration } from '@parley/api-client/telephony';

const uuid = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

export const organisation = uuid(1) as OrganisationId;

export const me: Me = {
  id: uuid(2) as UserId,
  login: 'admin',
  display_name: 'Administrator',
  role: 'administrator',
  permissions: [
    'status.read',
    'events.read',
    'holds.write',
    'calls.read',
    'calls.delete',
    'calls.control',
    'recordings.listen',
    'recordings.control',
    'extensions.read',
    'extensions.write',
    'routes.read',
    'routes.write',
    'trunks.read',
    'trunks.write',
    'users.read',
    'users.write',
    'policy.read',
    'policy.write',
    'prove.read',
    'prove.run',
    'audit.read',
    'registrations.read',
    'demo.run',
    'phones.show',
  ],
  organisation: { id: organisation, name: 'Demo' },
};

const lines: [Speaker, number, number, string, number][] = [
  ['callee', 0.8, 3.9, 'Northwind Office Supplies, this is Priya speaking. How can I help you?', 0.1],
  [
    'caller',
    4.4,
    11.2,
    'Hello Priya, this is Martin Keller from Keller Architects. Our printer order has not arrived, and it was promised for Monday.',
    -0.62,
  ],
  [
    'callee',
    11.8,
    16.3,
    'I am sorry to hear that, Mr. Keller. Could you give me the order number, please?',
    -0.05,
  ],
  [
    'caller',
    16.9,
    22.4,
    'Yes, it is four four seven one nine. We have a deadline on Friday and cannot print a single plan.',
    -0.55,
  ],
  [
    'callee',
    23.1,
    31.6,
    'Thank you. I can see it here. The parcel was sent to your old address in Harbour Street, number twelve.',
    -0.1,
  ],
  [
    'caller',
    31.2,
    36.8,
    'That is not good. I told you about the new address two weeks ago, by e-mail.',
    -0.71,
  ],
  [
    'callee',
    37.5,
    47.9,
    'You are right, I can see your message from the third of November. It was our mistake. I will send a replacement by express today, without any charge.',
    0.22,
  ],
  ['caller', 48.6, 52.2, 'When exactly will it be here? I need to plan my team.', -0.12],
  [
    'callee',
    52.9,
    60.4,
    'Tomorrow before ten in the morning, to Mill Road twenty-eight. You will get the tracking number by e-mail within the hour.',
    0.35,
  ],
  [
    'caller',
    61.1,
    65.7,
    'All right. That works for us. And the delivery fee of nineteen dollars that I paid?',
    0.18,
  ],
  [
    'callee',
    66.2,
    73.8,
    'I will refund the nineteen dollars to your card, that takes three working days. I have also corrected the address in your account.',
    0.41,
  ],
  ['caller', 74.5, 79.3, 'Thank you, Priya. That is quicker than I hoped. I am glad that I called.', 0.82],
  [
    'callee',
    79.9,
    85.6,
    'You are welcome. I will call you tomorrow at eleven to make sure that everything has arrived.',
    0.58,
  ],
  ['caller', 86.2, 88.9, 'Perfect. Thank you, and goodbye.', 0.74],
  ['callee', 89.2, 90.9, 'Goodbye, Mr. Keller.', 0.3],
];

export const transcript: Transcript = {
  engine: 'moonshine-base',
  language: 'en',
  provisional: false,
  turns: lines.map(([speaker, start_s, end_s, text]) => ({
    speaker,
    start_s,
    end_s,
    text,
    confidence: 0.94,
  })),
};

function claim(text: string, confidence: number, ...turns: number[]): Claim {
  return {
    text,
    confidence,
    evidence: turns.map((turn) => {
      const line = transcript.turns[turn];
      if (!line) throw new Error(`no turn ${turn}`);
      return { turn, start_s: line.start_s, end_s: line.end_s, quote: line.text };
    }),
  };
}

export const analysis: Analysis = {
  engine: 'embedded/1',
  language: 'en',
  provisional: false,
  summary: {
    problem: claim('The printer order promised for Monday has not arrived.', 0.93, 1),
    action: claim(
      'It had gone to the old address; a replacement is sent by express today without charge.',
      0.88,
      4,
      6,
    ),
    outcome: claim('The customer is satisfied with delivery tomorrow before ten.', 0.84, 9, 11),
    next_step: claim('Call the customer tomorrow at eleven to check the delivery.', 0.91, 12),
  },
  action_items: [
    {
      who: 'Priya',
      what: 'Send the replacement by express',
      when: 'today',
      claim: claim('Send the replacement by express today', 0.92, 6),
    },
    {
      who: 'Priya',
      what: 'Refund the delivery fee of 19 dollars',
      when: 'three working days',
      claim: claim('Refund the nineteen dollars', 0.9, 10),
    },
    {
      who: 'Priya',
      what: 'Call Mr. Keller',
      when: 'tomorrow at eleven',
      claim: claim('Call tomorrow at eleven', 0.68, 12),
    },
  ],
  sentiment: {
    overall: 0.14,
    by_speaker: { caller: -0.04, callee: 0.23 },
    timeline: lines.map(([speaker, start_s, end_s, , score]) => ({ speaker, start_s, end_s, score })),
  },
  talk: {
    caller_s: 36.4,
    callee_s: 49.6,
    silence_s: 5.9,
    ratio: { caller: 0.42, callee: 0.58 },
    interruptions: [{ at_s: 31.2, by: 'caller' }],
    longest_monologue: { speaker: 'callee', start_s: 37.5, end_s: 47.9 },
  },
  topics: [
    { label: 'Delivery', claim: claim('Delivery of the order', 0.9, 1, 8) },
    { label: 'Refund', claim: claim('Refund of the fee', 0.85, 9, 10) },
  ],
  entities: [
    { kind: 'person', text: 'Martin Keller', claim: claim('Martin Keller', 0.9, 1) },
    { kind: 'number', text: '44719', claim: claim('Order number 44719', 0.95, 3) },
    { kind: 'money', text: '19 dollars', claim: claim('19 dollars', 0.93, 9) },
    { kind: 'address', text: 'Mill Road 28', claim: claim('Mill Road 28', 0.88, 8) },
  ],
};

const callSeconds = 92;

export const recordedCall: CallDetail = {
  id: uuid(100) as CallId,
  direction: 'internal',
  started_at: ago(1800),
  answered_at: ago(1796),
  ended_at: ago(1800 - callSeconds),
  duration_s: callSeconds + 4,
  billed_s: callSeconds,
  disposition: 'answered',
  hangup_side: 'caller',
  hangup_cause: 'normal clearing',
  caller: { number: '101', name: 'Martin Keller', extension: uuid(600) as ExtensionId },
  callee: { number: '102', name: 'Priya Shah', extension: uuid(601) as ExtensionId },
  recording: { state: 'ready', seconds: callSeconds },
  transcript: 'ready',
  analysis: 'ready',
  headline: 'The printer order promised for Monday has not arrived.',
  sip_status: 200,
  legs: [
    {
      id: uuid(110),
      party: 'caller',
      extension: uuid(600) as ExtensionId,
      device: uuid(500) as DeviceId,
      remote_ip: '192.0.2.21',
      sip_call_id: 'a84b4c76e66710',
      started_at: ago(1800),
      answered_at: ago(1796),
      ended_at: ago(1800 - callSeconds),
      codec: 'PCMU',
      end_reason: 'BYE from caller',
      stats: { packets_in: 4601, packets_out: 4598, lost: 3, jitter_ms: 1.8, mos: 4.37 },
    },
    {
      id: uuid(111),
      party: 'callee',
      extension: uuid(601) as ExtensionId,
      device: uuid(501) as DeviceId,
      remote_ip: '192.0.2.34',
      sip_call_id: 'p-1f0c77e2',
      started_at: ago(1799),
      answered_at: ago(1796),
      ended_at: ago(1800 - callSeconds),
      codec: 'PCMU',
      end_reason: 'BYE from caller',
      stats: { packets_in: 4598, packets_out: 4601, lost: 0, jitter_ms: 0.9, mos: 4.41 },
    },
  ],
  path: [
    { at: ago(1800), what: '101 dialled 102' },
    { at: ago(1799), what: 'Ringing at Softphone' },
    { at: ago(1796), what: 'Answered; the notice was played to both' },
    { at: ago(1800 - callSeconds), what: 'The caller hung up' },
  ],
  deadlines: [
    { kind: 'recording', due_at: ago(-89 * 86_400), rule: 'RET-3, 90 days' },
    { kind: 'transcript', due_at: ago(-89 * 86_400), rule: 'with its recording' },
  ],
  holds: [],
  jobs: [
    { kind: 'transcribe', state: 'done', progress: 100, attempts: 1, error: null },
    { kind: 'analyse', state: 'done', progress: 100, attempts: 1, error: null },
  ],
};

/** Being recorded, with what was said so far. */
export const runningCall: CallDetail = {
  ...recordedCall,
  id: uuid(103) as CallId,
  started_at: ago(40),
  answered_at: ago(36),
  ended_at: null,
  duration_s: 0,
  billed_s: 0,
  disposition: 'failed',
  hangup_side: null,
  hangup_cause: '',
  recording: { state: 'recording', seconds: 0 },
  transcript: 'running',
  analysis: 'running',
  headline: null,
  sip_status: null,
  legs: [],
  path: [],
  jobs: [],
};

export const workingCall: CallDetail = {
  ...recordedCall,
  id: uuid(101) as CallId,
  started_at: ago(240),
  answered_at: ago(236),
  ended_at: ago(100),
  caller: { number: '103', name: 'Reception', extension: uuid(602) as ExtensionId },
  callee: { number: '101', name: 'Martin Keller', extension: uuid(600) as ExtensionId },
  transcript: 'running',
  analysis: 'queued',
  headline: null,
  jobs: [
    { kind: 'transcribe', state: 'running', progress: 46, attempts: 1, error: null },
    { kind: 'analyse', state: 'queued', progress: 0, attempts: 0, error: null },
  ],
};

export const plainCall: CallDetail = {
  ...recordedCall,
  id: uuid(102) as CallId,
  direction: 'inbound',
  started_at: ago(90_000),
  answered_at: null,
  duration_s: 30,
  billed_s: 0,
  disposition: 'no_answer',
  hangup_side: 'system',
  hangup_cause: 'ring time-out',
  sip_status: 480,
  caller: { number: '+49301234567', name: '', extension: null },
  recording: null,
  transcript: 'none',
  analysis: 'none',
  headline: null,
  legs: [],
  path: [],
  deadlines: [],
  jobs: [],
};

const more: CallDetail[] = Array.from({ length: 40 }, (_, index) => ({
  ...plainCall,
  id: uuid(200 + index) as CallId,
  direction: index % 3 === 0 ? 'outbound' : index % 3 === 1 ? 'internal' : 'inbound',
  started_at: ago(100_000 + index * 7_300),
  disposition: index % 4 === 0 ? 'busy' : 'answered',
  duration_s: 20 + index * 13,
  caller: { number: '103', name: 'Reception', extension: uuid(602) as ExtensionId },
  callee: {
    number: `+4930555${String(1000 + index)}`,
    name: index % 5 === 0 ? 'Harbour Café' : '',
    extension: null,
  },
}));

export const calls: CallDetail[] = [workingCall, recordedCall, plainCall, ...more];

export function summaryOf(call: CallDetail): CallSummary {
  const summary: Partial<CallDetail> & CallSummary = { ...call };
  for (const key of ['sip_status', 'legs', 'path', 'deadlines', 'holds', 'jobs'] as const)
    delete summary[key];
  return summary;
}

export const liveCalls: LiveCall[] = [
  {
    id: uuid(300) as CallId,
    started_at: ago(140),
    answered_at: ago(133),
    state: 'answered',
    caller: { number: '101', name: 'Martin Keller' },
    callee: { number: '102', name: 'Priya Shah' },
    recording: 'on',
  },
  {
    id: uuid(301) as CallId,
    started_at: ago(6),
    answered_at: null,
    state: 'ringing',
    caller: { number: '+4930555123', name: '' },
    callee: { number: '103', name: 'Reception' },
    recording: 'off',
  },
];

const peaks = (speaker: Speaker): number[] =>
  Array.from({ length: callSeconds * 10 }, (_, index) => {
    const at = index / 10;
    const talking = lines.some(([who, start, end]) => who === speaker && at >= start && at < end);
    return talking ? 0.25 + 0.6 * Math.abs(Math.sin(index * 1.7) * Math.cos(index * 0.31)) : 0.015;
  });

export const waveform: Waveform = {
  seconds: callSeconds,
  peaks_per_s: 10,
  channels: [peaks('caller'), peaks('callee')],
};

export const receipt: Receipt = {
  id: uuid(400) as ReceiptId,
  kind: 'call',
  thing: recordedCall.id,
  reason: 'RET-9 by hand',
  deleted_at: ago(0),
  deleted_by: me.id,
  counts: { calls: 1, recordings: 1, transcripts: 1, analyses: 1, search_terms: 212, keys: 1 },
  hashes: { recording: 'b1946ac92492d2347c6235b4d2611184f3c1f4be5ecd2b6b6a3f1e4f1ce2b0a7' },
  verified: true,
};

const device = (n: number, name: string, registered: boolean) => ({
  id: uuid(500 + n) as DeviceId,
  name,
  sip_username: `demo-${101 + n}`,
  registered,
});

const extension = (
  n: number,
  display_name: string,
  registered: boolean,
  rest: Partial<Extension> = {},
): Extension => ({
  id: uuid(600 + n) as ExtensionId,
  number: String(101 + n),
  display_name,
  email: '',
  mobile: '',
  site: '',
  department: '',
  caller_id: '',
  recording: 'off',
  ring_timeout_s: 30,
  enabled: true,
  devices: [device(n, 'Phone', registered)],
  ...rest,
});

export const extensions: Extension[] = [
  extension(0, 'Martin Keller', true, {
    recording: 'on',
    department: 'Sales',
    site: 'Berlin',
    email: 'martin@example.com',
  }),
  extension(1, 'Priya Shah', true, { department: 'Support', site: 'Berlin', email: 'priya@example.com' }),
  extension(2, 'Reception', false),
];

const route = (n: number, name: string, pattern: string, rest: Partial<DialRoute>): DialRoute => ({
  id: uuid(800 + n) as RouteId,
  name,
  order: (n + 1) * 10,
  pattern,
  callers: [],
  strip: 0,
  prepend: '',
  destination: { kind: 'echo_test' },
  enabled: true,
  ...rest,
});

export const routes: DialRoute[] = [
  route(0, 'Help desk', '5XX', { destination: { kind: 'extension', number: '102' } }),
  route(1, 'Outside', '0.', {
    callers: ['101', '102'],
    strip: 1,
    prepend: '+49',
    destination: { kind: 'number' },
  }),
  route(2, 'No premium numbers', '0900.', {
    destination: { kind: 'refuse', reason: 'forbidden' },
    enabled: false,
  }),
];

export const routeTest: RouteTest = {
  number: '0512',
  emergency: false,
  path: ['route Outside', 'dialled as 512', 'route Help desk'],
  result: 'extension',
  extension: '102',
  trunks: null,
  status: null,
  cause: '',
};

export const phoneSettings: PhoneSettings = {
  number: '101',
  devices: [
    {
      id: uuid(500) as DeviceId,
      name: 'Phone',
      sip_username: 'demo-101',
      sip_password: 'k7Qm-2vXw-9dTz',
      sip_domain: 'demo.parley.example',
      server: '192.0.2.10',
      port: 5060,
      transport: 'udp',
      qr_text: 'sip:demo-101:k7Qm-2vXw-9dTz@192.0.2.10:5060;transport=udp',
    },
  ],
};

export const registrations: Registration[] = [
  {
    extension: '101',
    device: 'Phone',
    contact: 'sip:demo-101@192.0.2.21:5060',
    transport: 'udp',
    user_agent: 'baresip v1.0.0',
    source: '192.0.2.21:5060',
    expires_at: ago(-1800),
  },
];

export const users: User[] = [
  {
    id: me.id,
    login: 'admin',
    display_name: 'Administrator',
    email: '',
    role: 'administrator',
    disabled: false,
    created_at: ago(864_000),
  },
  {
    id: uuid(701) as UserId,
    login: 'priya',
    display_name: 'Priya Shah',
    email: 'priya@example.com',
    role: 'supervisor',
    disabled: false,
    created_at: ago(500_000),
  },
];

export const policy: Policy = {
  version: 2,
  recordings_days: 90,
  transcripts_follow_recordings: true,
  cdr_days: null,
  announcement: { mode: 'default', text: '' },
  changed_at: ago(400_000),
  changed_by: me.id,
};

export const policyHistory: Policy[] = [
  policy,
  { ...policy, version: 1, recordings_days: 120, changed_at: ago(860_000) },
];

export const audit: AuditEntry[] = Array.from({ length: 12 }, (_, index) => ({
  seq: 418 - index,
  at: ago(60 + index * 340),
  actor: { kind: 'user', id: me.id, name: 'Administrator' },
  action:
    ['recording.listen', 'call.read', 'phone.show', 'policy.change', 'sign_in'][index % 5] ?? 'call.read',
  target: { kind: 'call', id: recordedCall.id },
  result: index === 4 ? 'refused' : 'done',
  ip: '192.0.2.9',
}));

export const status: Status = {
  version: '0.1.0',
  uptime_s: 93_784,
  organisations: 1,
  registrations: 2,
  live_calls: 1,
  speech: { available: true, engine: 'Moonshine base', reason: '' },
  jobs: { queued: 1, running: 1, dead: 0 },
  disk: { free_bytes: 212e9 },
  recording: { ok: true },
};

export const hold = {
  id: uuid(900) as HoldId,
  reason: 'Dispute 2291',
  created_at: ago(0),
  created_by: me.id,
};
