import { queryOptions } from '@tanstack/react-query';
import type { ExtensionId, OrganisationId } from '@parley/api-client/ids';
import type { PhoneSettings } from '@parley/api-client/telephony';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

/** Credentials: asked for only when somebody wants to see them, and forgotten when the dialog closes. */
export const phoneSettingsQuery = (organisation: OrganisationId, id: ExtensionId) =>
  queryOptions({
    queryKey: [...keys.organisation(organisation), 'phone', id],
    queryFn: ({ signal }) =>
      api.get<PhoneSettings>(inOrganisation(organisation, 'extensions', id, 'phone'), { signal }),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
