import { Button, Loader } from '@mantine/core';
import { IconDownload, IconFileCertificate, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReportSummary } from '@parley/api-client/governance';
import type { ReportId } from '@parley/api-client/ids';
import { when } from '~/shared/format/time';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { reportAddress, reportQuery, reportsQuery, runProve } from '../api/reports';
import classes from './prove-page.module.css';
import { ReportView } from './report-view';

export function ProvePage() {
  const t = text.prove;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const mayRun = useMay('prove.run');
  const reports = useQuery(reportsQuery(organisation));
  const [chosen, setChosen] = useState<ReportId | null>(null);
  const latest = reports.data?.[0];
  const current = chosen ?? latest?.id ?? null;
  const run = useMutation({
    mutationFn: () => runProve(organisation),
    onSuccess: async (report) => {
      queryClient.setQueryData(reportQuery(organisation, report.id).queryKey, report);
      await queryClient.invalidateQueries({ queryKey: reportsQuery(organisation).queryKey });
      setChosen(null);
    },
  });
  return (
    <Page
      title={t.title}
      subtitle={t.subtitle}
      actions={
        <>
          {current && (
            <Button
              component="a"
              variant="default"
              href={reportAddress(organisation, current)}
              download={`parley-prove-${current}.json`}
              leftSection={<IconDownload size={16} />}
            >
              {t.download}
            </Button>
          )}
          {mayRun && (
            <Button
              leftSection={<IconPlayerPlay size={16} />}
              loading={run.isPending}
              onClick={() => run.mutate()}
            >
              {t.run}
            </Button>
          )}
        </>
      }
    >
      <ProblemAlert error={run.error ?? reports.error} />
      {reports.isPending && !reports.error && <Loader aria-label={text.loading} />}
      {reports.data?.length === 0 && (
        <EmptyState icon={IconFileCertificate} title={t.emptyTitle} hint={t.emptyText} />
      )}
      {current && (
        <div className={classes.columns}>
          <CurrentReport id={current} />
          <History reports={reports.data ?? []} current={current} onChoose={setChosen} />
        </div>
      )}
    </Page>
  );
}

function CurrentReport({ id }: { id: ReportId }) {
  const organisation = useOrganisation();
  const report = useQuery(reportQuery(organisation, id));
  if (report.data) return <ReportView report={report.data} />;
  return report.error ? <ProblemAlert error={report.error} /> : <Loader aria-label={text.loading} />;
}

interface HistoryProps {
  reports: ReportSummary[];
  current: ReportId;
  onChoose: (report: ReportId) => void;
}

function History({ reports, current, onChoose }: HistoryProps) {
  const t = text.prove;
  return (
    <nav className={classes.history} aria-label={t.history}>
      <h2>{t.history}</h2>
      <ol>
        {reports.map((report) => {
          const time = when(report.created_at);
          const violated = report.counts.violated;
          return (
            <li key={report.id}>
              <button
                type="button"
                className={classes.entry}
                aria-current={report.id === current}
                title={t.show(time)}
                onClick={() => onChoose(report.id)}
              >
                <span>{time}</span>
                <Dot tone={violated > 0 ? 'bad' : 'good'}>
                  {violated > 0 ? violated : report.counts.holds}
                </Dot>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
