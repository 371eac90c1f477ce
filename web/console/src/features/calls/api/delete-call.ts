import type { Receipt } from '@parley/api-client/calls';
import type { CallId, OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { inOrganisation } from '~/shared/api/paths';

export type Deletable = 'call' | 'recording';

/** RET-9. The answer is the receipt (RET-11). */
export const deleteFromCall = (organisation: OrganisationId, call: CallId, what: Deletable) =>
  api.delete<Receipt>(
    inOrganisation(organisation, 'calls', call, ...(what === 'recording' ? ['recording'] : [])),
  );
