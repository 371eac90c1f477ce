import { Badge, Table } from '@mantine/core';
import { IconArrowDownLeft, IconArrowsLeftRight, IconArrowUpRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { CallSummary, Work } from '@parley/api-client/calls';
import { partyName } from '~/shared/format/party';
import { clock, dateTime, when } from '~/shared/format/time';
import { text } from '~/shared/text/text';
import { DataTable } from '~/shared/ui/data-table';
import { Dot } from '~/shared/ui/dot';
import classes from './call-table.module.css';
import { dispositionTone } from './disposition';

const directionIcons = {
  inbound: IconArrowDownLeft,
  outbound: IconArrowUpRight,
  internal: IconArrowsLeftRight,
};

export function CallTable({ calls }: { calls: CallSummary[] }) {
  const t = text.calls;
  return (
    <DataTable
      compact
      caption={t.caption}
      columns={[t.columns.parties, t.columns.when, t.columns.length, t.columns.result, t.columns.content]}
    >
      {calls.map((call) => (
        <CallRow key={call.id} call={call} />
      ))}
    </DataTable>
  );
}

function CallRow({ call }: { call: CallSummary }) {
  const t = text.calls;
  const DirectionIcon = directionIcons[call.direction];
  return (
    <Table.Tr>
      <Table.Td>
        <div className={classes.cell}>
          <DirectionIcon
            size={17}
            className={classes.icon}
            data-missed={call.disposition !== 'answered'}
            aria-label={t.directions[call.direction]}
            role="img"
          />
          <div>
            <Link className={classes.link} to="/calls/$callId" params={{ callId: call.id }}>
              {partyName(call.caller)} → {partyName(call.callee)}
            </Link>
            {(call.caller.name || call.callee.name) && (
              <div className={classes.numbers}>
                {call.caller.number} → {call.callee.number}
              </div>
            )}
            {call.headline && <div className={classes.headline}>{call.headline}</div>}
          </div>
        </div>
      </Table.Td>
      <Table.Td data-label={t.columns.when} className={classes.nowrap}>
        <time dateTime={call.started_at} title={dateTime(call.started_at)}>
          {when(call.started_at)}
        </time>
      </Table.Td>
      <Table.Td data-label={t.columns.length} className={classes.nowrap}>
        {clock(call.duration_s)}
      </Table.Td>
      <Table.Td data-label={t.columns.result}>
        <Dot tone={dispositionTone(call.disposition)}>{t.dispositions[call.disposition]}</Dot>
      </Table.Td>
      <Table.Td {...(hasContent(call) ? { 'data-label': t.columns.content } : {})}>
        <Content call={call} />
      </Table.Td>
    </Table.Tr>
  );
}

function hasContent(call: CallSummary): boolean {
  return call.recording !== null || call.transcript !== 'none' || call.analysis !== 'none';
}

function Content({ call }: { call: CallSummary }) {
  const t = text.calls.chips;
  if (!hasContent(call)) return null;
  return (
    <div className={classes.chips}>
      <RecordingChip call={call} />
      <WorkChip name={t.transcript} state={call.transcript} />
      <WorkChip name={t.analysis} state={call.analysis} />
    </div>
  );
}

function RecordingChip({ call }: { call: CallSummary }) {
  const t = text.calls.chips;
  switch (call.recording?.state) {
    case undefined:
      return null;
    case 'ready':
      return <Badge color="blue">{t.recording}</Badge>;
    case 'recording':
      return <Badge color="red">{t.recordingNow}</Badge>;
    case 'cut':
      return <Badge color="orange">{t.recordingCut}</Badge>;
    case 'failed':
      return <Badge color="red">{t.recordingFailed}</Badge>;
    case 'deleted':
      return <Badge color="gray">{t.recordingDeleted}</Badge>;
  }
}

function WorkChip({ name, state }: { name: string; state: Work }) {
  const t = text.calls.chips;
  switch (state) {
    case 'none':
      return null;
    case 'queued':
    case 'running':
      return (
        <Badge color="gray">
          {name}: {t.working}
        </Badge>
      );
    case 'ready':
      return <Badge color="blue">{name}</Badge>;
    case 'failed':
      return (
        <Badge color="red">
          {name}: {t.failed}
        </Badge>
      );
  }
}
