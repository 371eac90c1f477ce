import { Loader, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Policy } from '@parley/api-client/governance';
import { dateTime } from '~/shared/format/time';
import { PersonName } from '~/shared/people/person-name';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { DataTable } from '~/shared/ui/data-table';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { policyHistoryQuery, policyQuery } from '../api/policy';
import { PolicyForm } from './policy-form';
import classes from './policy-page.module.css';

export function PolicyPage() {
  const t = text.policy;
  const organisation = useOrganisation();
  const policy = useQuery(policyQuery(organisation));
  return (
    <Page title={t.title} subtitle={t.subtitle}>
      <ProblemAlert error={policy.error} onRetry={() => void policy.refetch()} />
      {policy.isPending && !policy.error && <Loader aria-label={text.loading} />}
      {policy.data && <PolicyForm key={policy.data.version} policy={policy.data} />}
      <History />
    </Page>
  );
}

function History() {
  const t = text.policy;
  const organisation = useOrganisation();
  const history = useQuery(policyHistoryQuery(organisation));
  if (!history.data || history.data.length === 0) return null;
  return (
    <section className={classes.history}>
      <h2 className={classes.title}>{t.history}</h2>
      <DataTable caption={t.historyCaption} columns={[t.version, t.what, t.when, t.who]}>
        {history.data.map((policy) => (
          <Table.Tr key={policy.version}>
            <Table.Td data-label={t.version}>{policy.version}</Table.Td>
            <Table.Td data-label={t.what}>{inWords(policy)}</Table.Td>
            <Table.Td data-label={t.when}>{dateTime(policy.changed_at)}</Table.Td>
            <Table.Td data-label={t.who}>
              <PersonName id={policy.changed_by} />
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </section>
  );
}

function inWords(policy: Policy): string {
  const t = text.policy;
  const parts = [t.recordingsFor(policy.recordings_days), t.cdrFor(policy.cdr_days)];
  if (policy.announcement.mode === 'custom') parts.push(t.ownText);
  return parts.join(', ');
}
