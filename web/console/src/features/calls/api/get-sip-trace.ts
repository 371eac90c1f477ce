import { queryOptions } from '@tanstack/react-query';
import type { CallId, OrganisationId } from '@parley/api-client/ids';
import type { SipTraceMessage } from '@parley/api-client/sip';
import { allPages } from '~/shared/api/all-pages';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

/** Every reading is audited: asked for when somebody opens the tab, and again only while the call goes on. */
export const sipTraceQuery = (organisation: OrganisationId, call: CallId, running: boolean) =>
  queryOptions({
    queryKey: [...keys.call(organisation, call), 'sip-trace'],
    queryFn: ({ signal }) =>
      allPages<SipTraceMessage>(inOrganisation(organisation, 'calls', call, 'sip-trace'), { signal }),
    staleTime: Infinity,
    refetchInterval: running ? 3_000 : false,
    retry: false,
  });
