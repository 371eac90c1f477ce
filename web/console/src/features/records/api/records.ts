import { infiniteQueryOptions } from '@tanstack/react-query';
import type { Receipt } from '@parley/api-client/calls';
import type { AuditEntry, AuditVerification } from '@parley/api-client/governance';
import type { OrganisationId, Page } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

const kPageSize = 50;

export const receiptsQuery = (organisation: OrganisationId) =>
  infiniteQueryOptions({
    queryKey: keys.receipts(organisation),
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<Receipt>>(inOrganisation(organisation, 'receipts'), {
        signal,
        query: { cursor: pageParam, limit: kPageSize },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const auditQuery = (organisation: OrganisationId) =>
  infiniteQueryOptions({
    queryKey: keys.audit(organisation),
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<AuditEntry>>(inOrganisation(organisation, 'audit'), {
        signal,
        query: { cursor: pageParam, limit: kPageSize },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });

export const verifyAudit = (organisation: OrganisationId) =>
  api.post<AuditVerification>(inOrganisation(organisation, 'audit', 'verify'));
