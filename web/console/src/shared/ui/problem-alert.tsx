import { Alert, Button, Text } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { Problem, Unreachable } from '@parley/api-client/problem';
import { text } from '../text/text';

interface ProblemAlertProps {
  error: unknown;
  onRetry?: () => void;
}

/** A refused request, in the server's own words. An unreachable server is the banner's business, so nothing shows here. */
export function ProblemAlert({ error, onRetry }: ProblemAlertProps) {
  if (!error || error instanceof Unreachable) return null;
  return (
    <Alert color="red" icon={<IconAlertCircle size={18} />} title={problemTitle(error)} role="alert">
      <Text size="sm">{problemText(error)}</Text>
      {error instanceof Problem && error.code && (
        <Text size="xs" c="dimmed" mt={4}>
          {text.problems.code(error.code)}
        </Text>
      )}
      {onRetry && (
        <Button size="compact-sm" variant="light" color="red" mt="xs" onClick={onRetry}>
          {text.retry}
        </Button>
      )}
    </Alert>
  );
}

function problemTitle(error: unknown): string {
  if (error instanceof Problem) return error.status === 403 ? text.notAllowed : error.title;
  return text.problems.title;
}

export function problemText(error: unknown): string {
  if (error instanceof Problem) return error.detail || error.title;
  return error instanceof Error ? error.message : text.problems.title;
}
