import { queryOptions } from '@tanstack/react-query';
import type { Policy, PolicyDraft } from '@parley/api-client/governance';
import type { OrganisationId } from '@parley/api-client/ids';
import { allPages } from '~/shared/api/all-pages';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const policyQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: [...keys.policy(organisation), 'current'],
    queryFn: ({ signal }) => api.get<Policy>(inOrganisation(organisation, 'policy'), { signal }),
  });

export const policyHistoryQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: [...keys.policy(organisation), 'history'],
    queryFn: ({ signal }) => allPages<Policy>(inOrganisation(organisation, 'policy', 'history'), { signal }),
  });

export const savePolicy = (organisation: OrganisationId, draft: PolicyDraft) =>
  api.put<Policy>(inOrganisation(organisation, 'policy'), draft);
