import { describe, expect, test } from 'vitest';
import type { Turn } from '@parley/api-client/calls';
import { activeTurn, countMatches } from './turns';

const turn = (start_s: number, end_s: number, text = ''): Turn => ({
  speaker: 'caller',
  start_s,
  end_s,
  text,
  confidence: 1,
});

describe('activeTurn', () => {
  const turns = [turn(0, 4), turn(3, 6), turn(8, 9)];
  test.each([
    [0, 0],
    [3.5, 1],
    [6, -1],
    [8.5, 2],
    [9, -1],
  ])('at %s seconds it is turn %s', (position, expected) =>
    expect(activeTurn(turns, position)).toBe(expected),
  );
});

test('matches are counted whatever their case', () => {
  const turns = [turn(0, 1, 'Hello'), turn(1, 2, 'The order, that ORDER of mine')];
  expect(countMatches(turns, 'order')).toEqual({ count: 2, first: 1 });
  expect(countMatches(turns, 'invoice')).toEqual({ count: 0, first: -1 });
  expect(countMatches(turns, '')).toEqual({ count: 0, first: -1 });
});
