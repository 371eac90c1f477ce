import { Loader } from '@mantine/core';
import { IconBulb, IconBulbOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { CallDetail } from '@parley/api-client/calls';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { EmptyState } from '~/shared/ui/empty-state';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { analysisQuery } from '../api/get-analysis';
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
  const query = useQuery({ ...analysisQuery(organisation, call.id), enabled: call.analysis === 'ready' });
  if (query.data)
    return (
      <AnalysisPanel
        analysis={query.data}
        desk={desk}
        seconds={call.recording?.seconds ?? call.duration_s}
        position={position}
        onSeek={onSeek}
      />
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
