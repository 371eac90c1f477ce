import { queryOptions } from '@tanstack/react-query';
import type { Report, ReportSummary } from '@parley/api-client/governance';
import type { OrganisationId, ReportId } from '@parley/api-client/ids';
import { allPages } from '~/shared/api/all-pages';
import { api } from '~/shared/api/api';
import { keys } from '~/shared/api/keys';
import { inOrganisation } from '~/shared/api/paths';

export const reportsQuery = (organisation: OrganisationId) =>
  queryOptions({
    queryKey: [...keys.prove(organisation), 'list'],
    queryFn: ({ signal }) => allPages<ReportSummary>(inOrganisation(organisation, 'prove'), { signal }),
  });

export const reportQuery = (organisation: OrganisationId, id: ReportId) =>
  queryOptions({
    queryKey: [...keys.prove(organisation), 'report', id],
    queryFn: ({ signal }) => api.get<Report>(inOrganisation(organisation, 'prove', id), { signal }),
    staleTime: Infinity,
  });

export const runProve = (organisation: OrganisationId) =>
  api.post<Report>(inOrganisation(organisation, 'prove'));

/** The signed bytes themselves: a download, so that nothing in between can change them. */
export const reportAddress = (organisation: OrganisationId, id: ReportId) =>
  inOrganisation(organisation, 'prove', id);
