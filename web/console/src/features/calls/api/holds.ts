import type { Hold } from '@parley/api-client/calls';
import type { CallId, HoldId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

/** RET-10: nothing deletes the call while a hold stands. */
export const placeHold = (organisation: OrganisationId, call: CallId, reason: string) =>
  api.post<Hold>(inOrganisation(organisation, 'calls', call, 'holds'), { reason });

export const liftHold = (organisation: OrganisationId, hold: HoldId) =>
  api.delete(inOrganisation(organisation, 'holds', hold));
