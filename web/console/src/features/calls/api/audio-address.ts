import type { CallId, OrganisationId } from '@parley/api-client/ids';
import { inOrganisation } from '~/shared/api/paths';

/** For <audio>: the cookie goes with it; the server answers ranges and writes each access to the audit log. */
export const audioAddress = (organisation: OrganisationId, call: CallId) =>
  inOrganisation(organisation, 'calls', call, 'audio');
