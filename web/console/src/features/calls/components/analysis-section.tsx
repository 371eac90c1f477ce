import { Loader, Text } from '@mantine/core';
import { IconBulb, IconBulbOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Analysis } from '@parley/api-client/analysis';
import type { CallDetail } from '@parley/api-client/calls';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { EmptyState } from '~/shared/ui/empty-state';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { analysisQuery } from '../api/get-analysis';
import { isRunning, RUNNING_REFETCH_MS } from '../api/get-call';
import { AnalysisPanel } from './analysis-panel';
import type { EvidenceDesk } from './claim-text';

interface AnalysisSectionProps {
  call: CallDetail;
  desk: EvidenceDesk;
  position: number;
  onSeek: (seconds: number) => void;
}

/** The analysis, or why there is none. */
export function AnalysisSection({ call, desk, position, onSeek }: AnalysisSectionProps) {
  const t = text.call;
  const organisation = useOrganisation();
  const growing = isRunning(call) && call.analysis === 'running';
  const query = useQuery({
    ...analysisQuery(organisation, call.id),
    enabled: growing || call.analysis === 'ready',
    refetchInterval: growing ? RUNNING_REFETCH_MS : false,
  });
  if (query.data)
    return (
      <>
        {query.data.provisional && (
          <Text size="sm" c="dimmed" mb="md">
            {t.analysisSoFar}
          </Text>
        )}
        <AnalysisPanel
          analysis={query.data}
          desk={desk}
          seconds={
            query.data.provisional ? saidSoFar(query.data) : (call.recording?.seconds ?? call.duration_s)
          }
          position={position}
          onSeek={onSeek}
        />
      </>
    );
  switch (call.analysis) {
    case 'none':
      return <EmptyState icon={IconBulbOff} title={t.noAnalysis} hint={t.noAnalysisHint} />;
    case 'queued':
      return <EmptyState icon={IconBulb} title={t.waiting} />;
    case 'running':
      return <EmptyState icon={IconBulb} title={t.analysing} />;
    case 'failed':
      return <EmptyState icon={IconBulbOff} title={t.analysisFailed} />;
    case 'ready':
      return query.error ? (
        <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loader aria-label={text.loading} />
      );
  }
}

/** Seconds: the recording of a running call has no length yet. */
function saidSoFar(analysis: Analysis): number {
  return Math.max(1, ...analysis.sentiment.timeline.map((one) => one.end_s));
}
