import type { OrganisationId, TrunkId } from '@parley/api-client/ids';
import type { Trunk, TrunkDraft } from '@parley/api-client/trunks';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const createTrunk = (organisation: OrganisationId, draft: TrunkDraft) =>
  api.post<Trunk>(inOrganisation(organisation, 'trunks'), draft);

export const changeTrunk = (organisation: OrganisationId, id: TrunkId, draft: TrunkDraft) =>
  api.patch<Trunk>(inOrganisation(organisation, 'trunks', id), draft);

export const deleteTrunk = (organisation: OrganisationId, id: TrunkId) =>
  api.delete(inOrganisation(organisation, 'trunks', id));

export const retryTrunk = (organisation: OrganisationId, id: TrunkId) =>
  api.post<Trunk>(inOrganisation(organisation, 'trunks', id, 'retry'), {});
