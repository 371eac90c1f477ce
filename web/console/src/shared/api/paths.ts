import type { OrganisationId } from '@parley/api-client/ids';

/** inOrganisation(o, 'calls', id) → "/v1/organisations/o/calls/id", each part escaped. */
export function inOrganisation(organisation: OrganisationId, ...parts: string[]): string {
  return ['/v1/organisations', organisation, ...parts]
    .map((part, i) => (i === 0 ? part : encodeURIComponent(part)))
    .join('/');
}
