import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId } from '@parley/api-client/ids';
import type { DemoCall } from '@parley/api-client/telephony';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const demoCallQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.demo(organisation),
    queryFn: ({ signal }) => api.get<DemoCall>(inOrganisation(organisation, 'demo-call'), { signal }),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 1_000 : false),
  });

export const startDemoCall = (organisation: OrganisationId) =>
  api.post(inOrganisation(organisation, 'demo-call'));
