import { createContext, useContext } from 'react';
import type { Me, Permission } from '@parley/api-client/accounts';
import type { OrganisationId } from '@parley/api-client/ids';

export interface Session {
  me: Me;
  organisation: OrganisationId;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of the shell');
  return session;
}

export function useOrganisation(): OrganisationId {
  return useSession().organisation;
}

/** Hides what the server would refuse anyway. The server decides. */
export function useMay(permission: Permission): boolean {
  const { me } = useSession();
  return me.role === 'platform_administrator' || me.permissions.includes(permission);
}
