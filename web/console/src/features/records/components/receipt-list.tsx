import { Button, Loader, Table } from '@mantine/core';
import { IconReceipt } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Receipt } from '@parley/api-client/calls';
import { dateTime } from '~/shared/format/time';
import { words } from '~/shared/format/words';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ActionCell, DataTable } from '~/shared/ui/data-table';
import { Dialog } from '~/shared/ui/dialog';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { LoadMore } from '~/shared/ui/load-more';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { receiptFacts } from '~/shared/ui/receipt-facts';
import { ReceiptView } from '~/shared/ui/receipt-view';
import { receiptsQuery } from '../api/records';

export function ReceiptList() {
  const t = text.records;
  const r = text.receipt;
  const organisation = useOrganisation();
  const query = useInfiniteQuery(receiptsQuery(organisation));
  const [shown, setShown] = useState<Receipt | null>(null);
  const receipts = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.error) return <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Loader aria-label={text.loading} />;
  if (receipts.length === 0)
    return <EmptyState icon={IconReceipt} title={t.noReceipts} hint={t.noReceiptsHint} />;
  return (
    <>
      <DataTable caption={t.receiptsCaption} columns={[r.what, r.when, r.why, r.counts, r.verified, '']}>
        {receipts.map((receipt) => (
          <Table.Tr key={receipt.id}>
            <Table.Td data-label={r.what}>{t.kinds[receipt.kind] ?? words(receipt.kind)}</Table.Td>
            <Table.Td data-label={r.when}>{dateTime(receipt.deleted_at)}</Table.Td>
            <Table.Td data-label={r.why}>{words(receipt.reason)}</Table.Td>
            <Table.Td data-label={r.counts}>
              {t.items(Object.values(receiptFacts(receipt).counts).reduce((sum, one) => sum + one, 0))}
            </Table.Td>
            <Table.Td data-label={r.verified}>
              <Dot tone={receiptFacts(receipt).verified ? 'good' : 'warn'}>
                {receiptFacts(receipt).verified ? r.verified : r.notVerified}
              </Dot>
            </Table.Td>
            <ActionCell>
              <Button
                size="xs"
                variant="default"
                aria-label={t.showReceipt(receipt.id)}
                onClick={() => setShown(receipt)}
              >
                {r.number}
              </Button>
            </ActionCell>
          </Table.Tr>
        ))}
      </DataTable>
      <LoadMore
        more={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
      <Dialog opened={shown !== null} onClose={() => setShown(null)} size="lg" title={r.number}>
        {shown && <ReceiptView receipt={shown} />}
      </Dialog>
    </>
  );
}
