import { Tabs } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { text } from '~/shared/text/text';
import { Page } from '~/shared/ui/page';
import { AuditList } from './audit-list';
import { ReceiptList } from './receipt-list';

const route = getRouteApi('/shell/records');

export function RecordsPage() {
  const t = text.records;
  const { tab = 'receipts' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title={t.title} subtitle={t.subtitle}>
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate({ search: { tab: next === 'audit' ? 'audit' : undefined }, replace: true })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="receipts">{t.receipts}</Tabs.Tab>
          <Tabs.Tab value="audit">{t.audit}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="receipts">
          <ReceiptList />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditList />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
