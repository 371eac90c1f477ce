import { queryOptions } from '@tanstack/react-query';
import type { Status } from '@parley/api-client/governance';
import type { OrganisationId } from '@parley/api-client/ids';
import type { Registration } from '@parley/api-client/telephony';
import { allPages } from '~/shared/api/all-pages';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const statusQuery = queryOptions({
  queryKey: keys.status,
  queryFn: ({ signal }) => api.get<Status>('/v1/status', { signal }),
  refetchInterval: 10_000,
});

export const registrationsQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.registrations(organisation),
    queryFn: ({ signal }) =>
      allPages<Registration>(inOrganisation(organisation, 'registrations'), { signal }),
    refetchInterval: 30_000,
  });
