import type { Receipt } from '@parley/api-client/calls';

interface SignedReceipt {
  deleted?: { rows?: Record<string, number>; blobs?: string[]; keys?: number };
  verified?: Record<string, number>;
}

/** Counts and verdict of a receipt, from the document that was signed where the answer carries it. */
export function receiptFacts(receipt: Receipt): { counts: Record<string, number>; verified: boolean } {
  const signed = parse(receipt.document);
  const counts = { ...receipt.counts };
  if (signed.deleted) {
    Object.assign(counts, signed.deleted.rows);
    if (signed.deleted.blobs) counts.files = signed.deleted.blobs.length;
    if (signed.deleted.keys !== undefined) counts.keys = signed.deleted.keys;
  }
  const left = signed.verified;
  const verified = left
    ? [left.rows_left, left.blobs_left, left.keys_left, left.found].every((one) => one === 0)
    : receipt.verified === true;
  return { counts, verified };
}

function parse(document: string | undefined): SignedReceipt {
  if (!document) return {};
  try {
    return JSON.parse(document) as SignedReceipt;
  } catch {
    return {};
  }
}
