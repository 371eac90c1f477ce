import { queryOptions } from '@tanstack/react-query';
import type { OrganisationId } from '@parley/api-client/ids';
import type { Extension } from '@parley/api-client/telephony';
import { allPages } from './all-pages';
import { keys } from './keys';
import { inOrganisation } from './paths';

export const extensionsQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: keys.extensions(organisation),
    queryFn: ({ signal }) => allPages<Extension>(inOrganisation(organisation, 'extensions'), { signal }),
  });
