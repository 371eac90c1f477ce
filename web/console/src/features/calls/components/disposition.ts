import type { Disposition } from '@parley/api-client/calls';

export function dispositionTone(disposition: Disposition): 'good' | 'warn' | 'bad' | 'neutral' {
  switch (disposition) {
    case 'answered':
      return 'good';
    case 'no_answer':
    case 'busy':
    case 'cancelled':
      return 'warn';
    case 'failed':
    case 'rejected':
      return 'bad';
    default:
      return disposition satisfies never;
  }
}
