import type { CallId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const hangUp = (organisation: OrganisationId, call: CallId) =>
  api.post(inOrganisation(organisation, 'live-calls', call, 'hangup'));
