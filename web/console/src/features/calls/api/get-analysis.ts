import { queryOptions } from '@tanstack/react-query';
import type { Analysis } from '@parley/api-client/analysis';
import type { CallId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const analysisQuery = (organisation: OrganisationId, call: CallId) =>
  queryOptions({
    queryKey: [...keys.call(organisation, call), 'analysis'],
    queryFn: ({ signal }) =>
      api.get<Analysis>(inOrganisation(organisation, 'calls', call, 'analysis'), { signal }),
    staleTime: 60_000,
  });
