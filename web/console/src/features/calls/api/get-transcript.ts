import { queryOptions } from '@tanstack/react-query';
import type { Transcript } from '@parley/api-client/calls';
import type { CallId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const transcriptQuery = (organisation: OrganisationId, call: CallId) =>
  queryOptions({
    queryKey: [...keys.call(organisation, call), 'transcript'],
    queryFn: ({ signal }) =>
      api.get<Transcript>(inOrganisation(organisation, 'calls', call, 'transcript'), { signal }),
    staleTime: 60_000,
  });
