import { Alert, Code, Stack, Text, Title } from '@mantine/core';
import { IconShieldCheck, IconShieldExclamation } from '@tabler/icons-react';
import type { Receipt } from '@parley/api-client/calls';
import { dateTime } from '../format/time';
import { words } from '../format/words';
import { PersonName } from '../people/person-name';
import { text } from '../text/text';
import { Facts } from './facts';
import { receiptFacts } from './receipt-facts';

/** Proof of a deletion (RET-11): counts and fingerprints, nothing personal. */
export function ReceiptView({ receipt }: { receipt: Receipt }) {
  const t = text.receipt;
  const facts = receiptFacts(receipt);
  const counts = Object.entries(facts.counts);
  const hashes = Object.entries(receipt.hashes);
  return (
    <Stack gap="md">
      {facts.verified ? (
        <Alert color="green" icon={<IconShieldCheck size={20} />} title={t.verified}>
          <Text size="sm">{t.text}</Text>
        </Alert>
      ) : (
        <Alert color="orange" icon={<IconShieldExclamation size={20} />} title={t.notVerified}>
          <Text size="sm">{t.unverified}</Text>
        </Alert>
      )}
      <Facts
        rows={[
          [t.number, receipt.id],
          [t.what, text.records.kinds[receipt.kind] ?? words(receipt.kind)],
          [t.when, dateTime(receipt.deleted_at)],
          [t.why, words(receipt.reason)],
          [t.by, receipt.deleted_by && <PersonName key="by" id={receipt.deleted_by} />],
        ]}
      />
      {counts.length > 0 && (
        <div>
          <Title order={3} size="h6" mb={6}>
            {t.counts}
          </Title>
          <Facts rows={counts.map(([name, value]) => [words(name), value.toLocaleString('en')])} />
        </div>
      )}
      {hashes.length > 0 && (
        <div>
          <Title order={3} size="h6" mb={6}>
            {t.hashes}
          </Title>
          <Facts rows={hashes.map(([name, value]) => [words(name), <Code key={name}>{value}</Code>])} />
        </div>
      )}
    </Stack>
  );
}
