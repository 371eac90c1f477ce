import { notifications } from '@mantine/notifications';
import { Unreachable } from '@parley/api-client/problem';
import { text } from '../text/text';
import { problemText } from './problem-alert';

export function notifyDone(message: string): void {
  notifications.show({
    message,
    color: 'green',
    withBorder: true,
    closeButtonProps: { 'aria-label': text.close },
  });
}

/** Stays until somebody has seen it. */
export function notifyUrgent(message: string): void {
  notifications.show({
    message,
    color: 'red',
    withBorder: true,
    autoClose: false,
    closeButtonProps: { 'aria-label': text.close },
  });
}

/** For actions without a form to show the problem in. */
export function notifyProblem(error: unknown): void {
  const message = error instanceof Unreachable ? text.problems.unreachable : problemText(error);
  notifications.show({
    title: text.problems.title,
    message,
    color: 'red',
    withBorder: true,
    autoClose: 10_000,
    closeButtonProps: { 'aria-label': text.close },
  });
}
