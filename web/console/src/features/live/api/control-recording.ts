import type { CallId, OrganisationId } from '@parley/api-client/ids';
import type { RecordingAction } from '@parley/api-client/telephony';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export const controlRecording = (organisation: OrganisationId, call: CallId, action: RecordingAction) =>
  api.post(inOrganisation(organisation, 'live-calls', call, 'recording'), { action });
