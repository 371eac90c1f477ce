import type { OrganisationId, Timestamp, UserId } from './ids.ts';

export type Role = 'platform_administrator' | 'administrator' | 'supervisor' | 'user' | 'auditor';

export type Permission =
  | 'status.read'
  | 'calls.read'
  | 'calls.delete'
  | 'calls.control'
  | 'recordings.listen'
  | 'recordings.control'
  | 'holds.write'
  | 'extensions.read'
  | 'extensions.write'
  | 'routes.read'
  | 'routes.write'
  | 'trunks.read'
  | 'trunks.write'
  | 'users.read'
  | 'users.write'
  | 'organisations.read'
  | 'organisations.write'
  | 'organisations.manage'
  | 'policy.read'
  | 'policy.write'
  | 'prove.read'
  | 'prove.run'
  | 'audit.read'
  | 'registrations.read'
  | 'bans.read'
  | 'bans.write'
  | 'sip_trace.read'
  | 'events.read'
  | 'demo.run'
  | 'phones.show';

export interface Me {
  id: UserId;
  login: string;
  display_name: string;
  role: Role;
  permissions: Permission[];
  organisation: { id: OrganisationId; name: string } | null;
}

export interface SignedIn {
  token: string;
  expires_at: Timestamp;
  user: Me;
}

export interface Organisation {
  id: OrganisationId;
  name: string;
  sip_domain: string;
  time_zone: string;
  created_at: Timestamp;
}

export interface User {
  id: UserId;
  login: string;
  display_name: string;
  email: string;
  role: Role;
  disabled: boolean;
  created_at: Timestamp;
}

export interface UserDraft {
  login: string;
  display_name: string;
  email: string;
  role: Role;
  password: string;
}
