import { Button, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { keys } from '~/shared/api/keys';
import { words } from '~/shared/format/words';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { demoCallQuery, startDemoCall } from '../api/demo-call';

/** Starts the demo call and shows how far it is. */
export function DemoCall() {
  const t = text.calls.demo;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const may = useMay('demo.run');
  const demo = useQuery({ ...demoCallQuery(organisation), enabled: may });
  const start = useMutation({
    mutationFn: () => startDemoCall(organisation),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.demo(organisation) }),
  });
  const state = demo.data?.state;
  useEffect(() => {
    if (state === 'done') void queryClient.invalidateQueries({ queryKey: keys.calls(organisation) });
  }, [state, queryClient, organisation]);

  if (!may) return null;
  const running = state === 'running';
  // From the first word on the call has a page, where the transcript grows.
  const openable = state === 'done' || (running && demo.data?.step === 'talking');
  return (
    <Stack gap="xs">
      <Button loading={start.isPending || running} onClick={() => start.mutate()}>
        {t.button}
      </Button>
      {running && demo.data && (
        <div role="status">
          <Progress value={percent(demo.data.progress)} aria-label={t.progress} animated />
          <Text size="xs" c="dimmed" mt={4}>
            {words(demo.data.step) || t.running}
          </Text>
        </div>
      )}
      {state === 'failed' && (
        <Text size="sm" c="red" role="alert">
          {t.failed}: {demo.data?.error || demo.data?.step}
        </Text>
      )}
      {openable && demo.data?.call_id && (
        <Button
          variant="subtle"
          renderRoot={(props) => (
            <Link to="/calls/$callId" params={{ callId: String(demo.data.call_id) }} {...props} />
          )}
        >
          {t.open}
        </Button>
      )}
      <ProblemAlert error={start.error} />
    </Stack>
  );
}

/** The server may count from 0 to 1 or to 100. */
function percent(progress: number): number {
  return progress <= 1 ? progress * 100 : progress;
}
