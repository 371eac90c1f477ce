import type { Report } from '@parley/api-client/governance';
import type { ReportId } from '@parley/api-client/ids';
import { organisation } from './fixtures.ts';

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

export const report: Report = {
  id: '01980000-0000-7000-8000-000000000320' as ReportId,
  organisation,
  created_at: ago(7_200),
  counts: { holds: 7, violated: 1, not_checkable: 1 },
  promises: [
    {
      id: 'PBX-3',
      title: 'Each call has one complete record',
      verdict: 'holds',
      evidence: [
        { what: 'calls checked', value: 43 },
        { what: 'without end', value: 0 },
      ],
      exceptions: [],
    },
    {
      id: 'PBX-4',
      title: 'Recording only after the notice, encrypted on disk',
      verdict: 'holds',
      evidence: [
        { what: 'recordings checked', value: 12 },
        { what: 'with notice', value: 12 },
      ],
      exceptions: [],
    },
    {
      id: 'RET-3',
      title: 'Recordings are deleted when their time comes',
      verdict: 'violated',
      evidence: [
        { what: 'recordings past their deadline', value: 1 },
        { what: 'oldest, days late', value: 2 },
      ],
      exceptions: [],
    },
    {
      id: 'RET-9',
      title: 'Deleting by hand is permanent',
      verdict: 'holds',
      evidence: [{ what: 'receipts read again', value: 3 }],
      exceptions: [],
    },
    {
      id: 'RET-10',
      title: 'A legal hold stops deletion',
      verdict: 'holds',
      evidence: [{ what: 'holds', value: 1 }],
      exceptions: [{ what: 'call kept past its deadline', reason: 'Hold: dispute 2291' }],
    },
    {
      id: 'RET-11',
      title: 'Every deletion is verified and has a receipt',
      verdict: 'holds',
      evidence: [{ what: 'receipts', value: 3 }],
      exceptions: [],
    },
    {
      id: 'SEC-1',
      title: 'Personal data is sealed with a key of its own',
      verdict: 'holds',
      evidence: [{ what: 'sealed columns opened', value: 120 }],
      exceptions: [],
    },
    {
      id: 'SEC-5',
      title: 'The audit log is whole',
      verdict: 'holds',
      evidence: [{ what: 'entries', value: 418 }],
      exceptions: [],
    },
    {
      id: 'SEC-8',
      title: 'No trackers or third-party scripts',
      verdict: 'not_checkable',
      evidence: [],
      exceptions: [{ what: 'console', reason: 'the console’s files are not installed' }],
    },
  ],
  signature: { algorithm: 'Ed25519', key_id: '4f1c9a02', public_key: 'MCowBQYDK2VwAyEA', value: 'c2ln' },
};
