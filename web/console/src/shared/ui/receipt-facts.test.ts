import { expect, test } from 'vitest';
import { receipt } from '~testing/fixtures';
import { receiptFacts } from './receipt-facts';

const signed = (found: number) => ({
  ...receipt,
  counts: {},
  document: JSON.stringify({
    deleted: { rows: { calls: 1, search_terms: 186 }, blobs: ['a'], keys: 2 },
    verified: { rows_left: 0, blobs_left: 0, keys_left: 0, bytes_searched: 602112, found },
  }),
});

test('a receipt is read from the document that was signed (RET-11)', () => {
  expect(receiptFacts(signed(0))).toEqual({
    counts: { calls: 1, search_terms: 186, files: 1, keys: 2 },
    verified: true,
  });
});

test('anything that was found again is not verified', () =>
  expect(receiptFacts(signed(1)).verified).toBe(false));
