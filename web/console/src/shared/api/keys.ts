import type { OrganisationId } from '@parley/api-client/ids';

/** Query keys in one place: features write them, the event stream makes them stale. */
export const keys = {
  organisation: (o: OrganisationId) => ['org', o] as const,
  live: (o: OrganisationId) => ['org', o, 'live'] as const,
  calls: (o: OrganisationId) => ['org', o, 'calls'] as const,
  call: (o: OrganisationId, call: string) => ['org', o, 'call', call] as const,
  demo: (o: OrganisationId) => ['org', o, 'demo'] as const,
  extensions: (o: OrganisationId) => ['org', o, 'extensions'] as const,
  routes: (o: OrganisationId) => ['org', o, 'routes'] as const,
  registrations: (o: OrganisationId) => ['org', o, 'registrations'] as const,
  trunks: (o: OrganisationId) => ['org', o, 'trunks'] as const,
  users: (o: OrganisationId) => ['org', o, 'users'] as const,
  policy: (o: OrganisationId) => ['org', o, 'policy'] as const,
  prove: (o: OrganisationId) => ['org', o, 'prove'] as const,
  receipts: (o: OrganisationId) => ['org', o, 'receipts'] as const,
  audit: (o: OrganisationId) => ['org', o, 'audit'] as const,
  status: ['status'] as const,
  bans: ['bans'] as const,
};
