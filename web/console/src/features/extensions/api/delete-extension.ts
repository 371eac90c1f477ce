import type { ExtensionId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const deleteExtension = (organisation: OrganisationId, id: ExtensionId) =>
  api.delete(inOrganisation(organisation, 'extensions', id));
