import { queryOptions } from '@tanstack/react-query';
import type { SipBan } from '@parley/api-client/sip';
import { allPages } from '~/shared/api/all-pages';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';

export const bansQuery = queryOptions({
  queryKey: keys.bans,
  queryFn: ({ signal }) => allPages<SipBan>('/v1/sip/bans', { signal }),
  refetchInterval: 60_000,
});

export interface BanDraft {
  kind: SipBan['kind'];
  address: string;
  reason: string;
}

export const addBan = (draft: BanDraft) => api.post<SipBan>('/v1/sip/bans', draft);
export const removeBan = (id: string) => api.delete(`/v1/sip/bans/${encodeURIComponent(id)}`);
