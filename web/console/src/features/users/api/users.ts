import type { User, UserDraft } from '@parley/api-client/accounts';
import type { OrganisationId, UserId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const createUser = (organisation: OrganisationId, draft: UserDraft) =>
  api.post<User>(inOrganisation(organisation, 'users'), draft);

export const setUserDisabled = (organisation: OrganisationId, id: UserId, disabled: boolean) =>
  api.patch<User>(inOrganisation(organisation, 'users', id), { disabled });
