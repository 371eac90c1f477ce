import { queryOptions } from '@tanstack/react-query';
import type { User, UserDraft } from '@parley/api-client/accounts';
import type { OrganisationId, UserId } from '@parley/api-client/ids';
import { allPages } from '~/shared/api/all-pages';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const usersQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.users(organisation),
    queryFn: ({ signal }) => allPages<User>(inOrganisation(organisation, 'users'), { signal }),
  });

export const createUser = (organisation: OrganisationId, draft: UserDraft) =>
  api.post<User>(inOrganisation(organisation, 'users'), draft);

export const setUserDisabled = (organisation: OrganisationId, id: UserId, disabled: boolean) =>
  api.patch<User>(inOrganisation(organisation, 'users', id), { disabled });
