import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId, TrunkId } from '@parley/api-client/ids';
import type { Trunk, TrunkDraft } from '@parley/api-client/trunks';
import { allPages } from '~/shared/api/all-pages';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

/** Probes and refreshes tell nobody: looked at again now and then. */
export const trunksQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.trunks(organisation),
    queryFn: ({ signal }) => allPages<Trunk>(inOrganisation(organisation, 'trunks'), { signal }),
    refetchInterval: 15_000,
  });

export const createTrunk = (organisation: OrganisationId, draft: TrunkDraft) =>
  api.post<Trunk>(inOrganisation(organisation, 'trunks'), draft);

export const changeTrunk = (organisation: OrganisationId, id: TrunkId, draft: TrunkDraft) =>
  api.patch<Trunk>(inOrganisation(organisation, 'trunks', id), draft);

export const deleteTrunk = (organisation: OrganisationId, id: TrunkId) =>
  api.delete(inOrganisation(organisation, 'trunks', id));

export const retryTrunk = (organisation: OrganisationId, id: TrunkId) =>
  api.post<Trunk>(inOrganisation(organisation, 'trunks', id, 'retry'), {});
