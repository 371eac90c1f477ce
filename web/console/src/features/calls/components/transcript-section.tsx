import { Loader } from '@mantine/core';
import { IconMessage2Off, IconMessages } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { CallDetail } from '@parley/api-client/calls';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { EmptyState } from '~/shared/ui/empty-state';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { isRunning, RUNNING_REFETCH_MS } from '../api/get-call';
import { transcriptQuery } from '../api/get-transcript';
import panel from './panel.module.css';
import { TranscriptPanel } from './transcript-panel';

interface TranscriptSectionProps {
  call: CallDetail;
  position: number;
  evidence: number[];
  onSeek: ((seconds: number) => void) | null;
}

/** The transcript, or why there is none. */
export function TranscriptSection({ call, position, evidence, onSeek }: TranscriptSectionProps) {
  const t = text.call;
  const organisation = useOrganisation();
  const growing = isRunning(call) && call.transcript === 'running';
  const query = useQuery({
    ...transcriptQuery(organisation, call.id),
    enabled: growing || call.transcript === 'ready',
    refetchInterval: growing ? RUNNING_REFETCH_MS : false,
  });
  if (query.data)
    return (
      <TranscriptPanel transcript={query.data} position={position} evidence={evidence} onSeek={onSeek} />
    );
  return (
    <section className={panel.panel} aria-label={t.transcript}>
      {call.transcript === 'none' &&
        (call.recording?.state === 'recording' ? (
          <EmptyState icon={IconMessages} title={t.listening} hint={t.listeningHint} />
        ) : (
          <EmptyState icon={IconMessage2Off} title={t.noTranscript} hint={t.noTranscriptHint} />
        ))}
      {call.transcript === 'queued' && <EmptyState icon={IconMessages} title={t.waiting} />}
      {call.transcript === 'running' && <EmptyState icon={IconMessages} title={t.transcribing} />}
      {call.transcript === 'failed' && <EmptyState icon={IconMessage2Off} title={t.transcriptFailed} />}
      {call.transcript === 'ready' && (
        <>
          <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
          {query.isPending && !query.error && <Loader aria-label={text.loading} />}
        </>
      )}
    </section>
  );
}
