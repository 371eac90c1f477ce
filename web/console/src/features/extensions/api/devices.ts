import type { DeviceId, ExtensionId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const addDevice = (organisation: OrganisationId, extension: ExtensionId, name: string) =>
  api.post(inOrganisation(organisation, 'extensions', extension, 'devices'), { name });

export const removeDevice = (organisation: OrganisationId, device: DeviceId) =>
  api.delete(inOrganisation(organisation, 'devices', device));
