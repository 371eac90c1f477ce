import type { ExtensionId, OrganisationId } from '@parley/api-client/ids';
import type { Extension, ExtensionDraft } from '@parley/api-client/telephony';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const createExtension = (organisation: OrganisationId, draft: ExtensionDraft) =>
  api.post<Extension>(inOrganisation(organisation, 'extensions'), draft);

export const changeExtension = (organisation: OrganisationId, id: ExtensionId, draft: ExtensionDraft) =>
  api.patch<Extension>(inOrganisation(organisation, 'extensions', id), draft);
