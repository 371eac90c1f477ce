import type { TrunkId } from '@parley/api-client/ids';
import type { Trunk } from '@parley/api-client/trunks';

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

const trunk: Trunk = {
  id: '01980000-0000-7000-8000-000000000384' as TrunkId,
  name: 'Blue',
  enabled: true,
  kind: 'register',
  host: 'carrier.example',
  port: 0,
  transport: 'tls',
  username: 'acme',
  realm: '',
  expires_s: 3600,
  addresses: ['198.51.100.0/24'],
  probe_s: 30,
  channels: 10,
  caller_id: '+49305550100',
  caller_in_from: true,
  asserted_identity: true,
  diversions: 'none',
  numbers: 'e164',
  country_code: '49',
  national_prefix: '0',
  international_prefix: '00',
  inbound: [{ pattern: '+493055501XX', extension: '101' }],
  password_set: true,
  state: {
    condition: 'up',
    reason: '',
    since: ago(86_400),
    registered_at: ago(1_200),
    registered_until: ago(-2_400),
    server: 'TLS 192.0.2.1:5061',
    servers: [
      { server: 'TLS 192.0.2.1:5061', answers: true, asked_at: ago(12) },
      { server: 'TLS 192.0.2.2:5061', answers: false, asked_at: ago(12) },
    ],
    calls: 2,
  },
};

export const trunks: Trunk[] = [
  trunk,
  {
    ...trunk,
    id: '01980000-0000-7000-8000-000000000385' as TrunkId,
    name: 'Green',
    host: 'green.example',
    transport: '',
    channels: 0,
    inbound: [],
    state: {
      condition: 'refused',
      reason: 'the registrar says 403',
      since: ago(300),
      registered_at: null,
      registered_until: null,
      server: 'UDP 203.0.113.9:5060',
      servers: [{ server: 'UDP 203.0.113.9:5060', answers: null, asked_at: null }],
      calls: 0,
    },
  },
];
