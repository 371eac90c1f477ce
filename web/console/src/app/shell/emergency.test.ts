import { expect, test } from 'vitest';
import type { ParleyEvent } from '@parley/api-client/events';
import { emergencyNotice } from './emergency';

const event = (type: string, data: unknown): ParleyEvent => ({ type, data }) as ParleyEvent;

test('a call for help is told with number and caller', () => {
  const data = { number: '112', caller: { number: '101', name: 'Ann' } };
  expect(emergencyNotice(event('emergency.placed', data))).toBe('Emergency call to 112 by Ann, 101');
  expect(emergencyNotice(event('emergency.failed', data))).toBe(
    'Nobody took the emergency call to 112 by Ann, 101',
  );
});

test('other events and missing data do no harm', () => {
  expect(emergencyNotice(event('call.ringing', {}))).toBeNull();
  expect(emergencyNotice(event('toString', {}))).toBeNull();
  expect(emergencyNotice(event('emergency.placed', null))).toBe('Emergency call to  by unknown');
});
