import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId } from '@parley/api-client/ids';
import type { Extension } from '@parley/api-client/telephony';
import { allPages } from '~/shared/api/all-pages';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const extensionsQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.extensions(organisation),
    queryFn: ({ signal }) => allPages<Extension>(inOrganisation(organisation, 'extensions'), { signal }),
  });
