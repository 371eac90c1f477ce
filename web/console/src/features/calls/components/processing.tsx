import { Group, Progress, Stack, Text } from '@mantine/core';
import type { CallJob } from '@parley/api-client/calls';
import { text } from '~/shared/text/text';
import { Dot } from '~/shared/ui/dot';
import panel from './panel.module.css';

const tones = { queued: 'neutral', running: 'warn', done: 'good', failed: 'warn', dead: 'bad' } as const;

/** What is still being done with the call; nothing once all is done. */
export function Processing({ jobs }: { jobs: CallJob[] }) {
  const t = text.call;
  const open = jobs.filter((job) => job.state !== 'done');
  if (open.length === 0) return null;
  return (
    <section className={panel.panel} aria-label={t.processing}>
      <Stack gap="sm" role="status">
        {open.map((job, index) => (
          <div key={index}>
            <Group justify="space-between" gap="xs">
              <Text size="sm" fw={550}>
                {jobName(job.kind)}
              </Text>
              <Dot tone={tones[job.state]} pulse={job.state === 'running'}>
                {t.jobStates[job.state]}
                {job.attempts > 1 ? `, ${t.attempts(job.attempts)}` : ''}
              </Dot>
            </Group>
            {job.state === 'running' && (
              <Progress
                value={job.progress}
                size="sm"
                mt={6}
                aria-label={`${t.processing}: ${jobName(job.kind)}`}
              />
            )}
            {job.error && (
              <Text size="xs" c="dimmed" mt={4}>
                {job.error}
              </Text>
            )}
          </div>
        ))}
      </Stack>
    </section>
  );
}

function jobName(kind: string): string {
  const t = text.call.jobs;
  if (kind === 'transcribe') return t.transcribe;
  if (kind === 'analyse') return t.analyse;
  return t.other;
}
