import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId } from '@parley/api-client/ids';
import { itemsOf, type ListAnswer } from '@parley/api-client/lists';
import type { Extension } from '@parley/api-client/telephony';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const extensionsQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.extensions(organisation),
    queryFn: async ({ signal }) =>
      itemsOf(await api.get<ListAnswer<Extension>>(inOrganisation(organisation, 'extensions'), { signal })),
  });
