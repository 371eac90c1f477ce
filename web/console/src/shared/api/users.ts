import { queryOptions } from '@tanstack/react-query';
import type { User } from '@parley/api-client/accounts';
import type { OrganisationId } from '@parley/api-client/ids';
import { allPages } from './all-pages';
import { keys } from './keys';
import { inOrganisation } from './paths';

export const usersQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.users(organisation),
    queryFn: ({ signal }) => allPages<User>(inOrganisation(organisation, 'users'), { signal }),
  });
