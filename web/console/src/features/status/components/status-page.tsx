import { Loader, Table } from '@mantine/core';
import { IconDeviceLandlinePhone } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Status } from '@parley/api-client/governance';
import { bytes } from '~/shared/format/bytes';
import { dateTime, span } from '~/shared/format/time';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { DataTable } from '~/shared/ui/data-table';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { registrationsQuery, statusQuery } from '../api/status';
import { Bans } from './bans';
import classes from './status-page.module.css';

const kDiskLow = 2e9;

export function StatusPage() {
  const t = text.status;
  const status = useQuery(statusQuery);
  const mayList = useMay('registrations.read');
  const mayBan = useMay('bans.read');
  return (
    <Page
      title={t.title}
      subtitle={status.data ? t.subtitle(status.data.version, span(status.data.uptime_s)) : ''}
    >
      <ProblemAlert error={status.error} onRetry={() => void status.refetch()} />
      {status.isPending && !status.error && <Loader aria-label={text.loading} />}
      {status.data && <Cards status={status.data} />}
      {mayList && <Registrations />}
      {mayBan && <Bans />}
    </Page>
  );
}

interface CardProps {
  name: string;
  good: boolean;
  value: string;
  note?: string;
}

function Card({ name, good, value, note }: CardProps) {
  const t = text.status;
  return (
    <section className={classes.card} aria-label={name}>
      <div className={classes.head}>
        <h2 className={classes.name}>{name}</h2>
        <Dot tone={good ? 'good' : 'warn'}>{good ? t.good : t.attention}</Dot>
      </div>
      <p className={classes.value}>{value}</p>
      {note && <p className={classes.note}>{note}</p>}
    </section>
  );
}

function Cards({ status }: { status: Status }) {
  const t = text.status;
  const { speech, jobs, disk } = status;
  const diskGood = disk.free_bytes > kDiskLow;
  return (
    <div className={classes.cards}>
      <Card
        name={t.speech}
        good={speech.available}
        value={speech.available ? t.speechOn : t.speechOff}
        note={speech.available ? t.engine(speech.engine) : speech.reason}
      />
      <Card
        name={t.recording}
        good={status.recording.ok}
        value={status.recording.ok ? t.recordingOk : t.recordingBad}
      />
      <Card
        name={t.disk}
        good={diskGood}
        value={t.diskFree(bytes(disk.free_bytes))}
        {...(diskGood ? {} : { note: t.diskLow })}
      />
      <Card
        name={t.jobs}
        good={jobs.dead === 0}
        value={`${jobs.running} ${t.jobsRunning}, ${jobs.queued} ${t.jobsQueued}${jobs.dead > 0 ? `, ${jobs.dead} ${t.jobsDead}` : ''}`}
        {...(jobs.dead > 0 ? { note: t.jobsDeadHint } : {})}
      />
      <Card
        name={t.phones}
        good
        value={t.phonesConnected(status.registrations)}
        note={t.liveCalls(status.live_calls)}
      />
    </div>
  );
}

function Registrations() {
  const t = text.status;
  const c = t.columns;
  const organisation = useOrganisation();
  const query = useQuery(registrationsQuery(organisation));
  return (
    <section>
      <h2 className={classes.title}>{t.registrations}</h2>
      <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      {query.data?.length === 0 && (
        <EmptyState icon={IconDeviceLandlinePhone} title={t.noRegistrations} hint={t.noRegistrationsHint} />
      )}
      {query.data && query.data.length > 0 && (
        <DataTable
          caption={t.registrationsCaption}
          columns={[c.extension, c.device, c.agent, c.transport, c.source, c.expires]}
        >
          {query.data.map((one) => (
            <Table.Tr key={`${one.contact} ${one.device}`}>
              <Table.Td data-label={c.extension}>{one.extension}</Table.Td>
              <Table.Td data-label={c.device}>{one.device}</Table.Td>
              <Table.Td data-label={c.agent}>{one.user_agent || '–'}</Table.Td>
              <Table.Td data-label={c.transport}>{one.transport.toUpperCase()}</Table.Td>
              <Table.Td data-label={c.source}>{one.source}</Table.Td>
              <Table.Td data-label={c.expires}>{dateTime(one.expires_at)}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </section>
  );
}
