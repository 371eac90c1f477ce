import { queryOptions } from '@tanstack/react-query';
import type { Waveform } from '@parley/api-client/calls';
import type { CallId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const waveformQuery = (organisation: OrganisationId, call: CallId) =>
  queryOptions({
    queryKey: [...keys.call(organisation, call), 'waveform'],
    queryFn: ({ signal }) =>
      api.get<Waveform>(inOrganisation(organisation, 'calls', call, 'waveform'), { signal }),
    staleTime: Infinity,
  });
