import { Center, Loader, Tabs } from '@mantine/core';
import { IconArrowLeft, IconEarOff, IconMicrophoneOff, IconPhoneCall, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import type { Evidence } from '@parley/api-client/analysis';
import type { CallDetail } from '@parley/api-client/calls';
import type { CallId } from '@parley/api-client/ids';
import { Problem } from '@parley/api-client/problem';
import { keys } from '~/shared/api/keys';
import { partyName } from '~/shared/format/party';
import { clock, dateTime, secondsSince } from '~/shared/format/time';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { useNow } from '~/shared/ui/use-now';
import type { Deletable } from '../api/delete-call';
import { callQuery, isRunning } from '../api/get-call';
import { AnalysisSection } from './analysis-section';
import { CallDetails } from './call-details';
import { CallKeeping } from './call-keeping';
import classes from './call-page.module.css';
import { DeleteDialog } from './delete-dialog';
import { dispositionTone } from './disposition';
import panel from './panel.module.css';
import { PlayerBar } from './player-bar';
import { Processing } from './processing';
import { SipLadder } from './sip-ladder';
import { TranscriptSection } from './transcript-section';
import { usePlayer } from './use-player';

const route = getRouteApi('/shell/calls/$callId');

export function CallPage() {
  const id = route.useParams().callId as CallId;
  const organisation = useOrganisation();
  const query = useQuery(callQuery(organisation, id));
  if (query.data) return <LoadedCall key={id} call={query.data} />;
  return (
    <Page title={text.calls.title} above={<BackLink />}>
      {query.error instanceof Problem && query.error.status === 404 ? (
        <EmptyState icon={IconTrash} title={text.problems.notFound} hint={text.problems.notFoundHint} />
      ) : (
        <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && !query.error && (
        <Center p="xl">
          <Loader aria-label={text.loading} />
        </Center>
      )}
    </Page>
  );
}

function BackLink() {
  return (
    <Link to="/calls" className={classes.back}>
      <IconArrowLeft size={15} aria-hidden="true" />
      {text.call.back}
    </Link>
  );
}

function LoadedCall({ call }: { call: CallDetail }) {
  const t = text.call;
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const organisation = useOrganisation();
  const audio = useRef<HTMLAudioElement>(null);
  const player = usePlayer(audio);
  const mayListen = useMay('recordings.listen');
  const maySee = useMay('registrations.read');
  const [shown, setShown] = useState<Evidence | null>(null);
  const [turns, setTurns] = useState<number[]>([]);
  const [deleting, setDeleting] = useState<Deletable | null>(null);
  const playable =
    call.recording !== null && (call.recording.state === 'ready' || call.recording.state === 'cut');
  const audible = playable && mayListen;
  const { seek, play } = player;
  const desk = useMemo(
    () => ({
      shown,
      show: (evidence: Evidence, all: Evidence[]) => {
        setShown(evidence);
        setTurns([evidence.turn, ...all.map((one) => one.turn).filter((turn) => turn !== evidence.turn)]);
        if (!audible) return;
        seek(evidence.start_s);
        play();
      },
    }),
    [shown, audible, seek, play],
  );
  const title = t.title(partyName(call.caller), partyName(call.callee));
  const seekOrNothing = audible ? seek : null;
  return (
    <Page
      title={title}
      above={<BackLink />}
      subtitle={
        <span className={classes.meta}>
          <span>{text.calls.directions[call.direction]}</span>
          <time dateTime={call.started_at}>{dateTime(call.started_at)}</time>
          {isRunning(call) ? (
            <InProgress call={call} />
          ) : (
            <>
              <span>{clock(call.duration_s)}</span>
              <Dot tone={dispositionTone(call.disposition)}>{text.calls.dispositions[call.disposition]}</Dot>
            </>
          )}
        </span>
      }
    >
      {audible ? (
        <PlayerBar call={call} audio={audio} player={player} />
      ) : (
        <NoAudio call={call} mayListen={mayListen} playable={playable} />
      )}
      <div className={classes.columns}>
        <div className={`${classes.column} ${classes.first}`}>
          <Processing jobs={call.jobs} />
          <TranscriptSection call={call} position={player.position} evidence={turns} onSeek={seekOrNothing} />
        </div>
        <div className={`${classes.column} ${classes.second}`}>
          <div className={panel.panel}>
            <Tabs defaultValue="analysis" keepMounted={false}>
              <Tabs.List mb="md">
                <Tabs.Tab value="analysis">{t.tabs.analysis}</Tabs.Tab>
                <Tabs.Tab value="details">{t.tabs.details}</Tabs.Tab>
                <Tabs.Tab value="privacy">{t.tabs.privacy}</Tabs.Tab>
                {maySee && <Tabs.Tab value="signalling">{t.tabs.signalling}</Tabs.Tab>}
              </Tabs.List>
              <Tabs.Panel value="analysis">
                <AnalysisSection call={call} desk={desk} position={player.position} onSeek={seek} />
              </Tabs.Panel>
              <Tabs.Panel value="details">
                <CallDetails call={call} />
              </Tabs.Panel>
              {maySee && (
                <Tabs.Panel value="signalling">
                  <SipLadder call={call} />
                </Tabs.Panel>
              )}
              <Tabs.Panel value="privacy">
                <CallKeeping call={call} onDelete={setDeleting} />
              </Tabs.Panel>
            </Tabs>
          </div>
        </div>
      </div>
      <DeleteDialog
        call={call.id}
        what={deleting}
        onClose={() => setDeleting(null)}
        onDone={(what) => {
          if (what === 'call') void navigate({ to: '/calls' });
          else void queryClient.invalidateQueries({ queryKey: keys.call(organisation, call.id) });
        }}
      />
    </Page>
  );
}

function InProgress({ call }: { call: CallDetail }) {
  const now = useNow();
  return (
    <>
      <span className={classes.clock}>{clock(secondsSince(call.answered_at ?? call.started_at, now))}</span>
      <Dot tone="good" pulse>
        {text.call.inProgress}
      </Dot>
    </>
  );
}

function NoAudio({ call, mayListen, playable }: { call: CallDetail; mayListen: boolean; playable: boolean }) {
  const t = text.call;
  const gone = call.recording?.state === 'deleted';
  const failed = call.recording?.state === 'failed';
  if (isRunning(call)) {
    const recording = call.recording?.state === 'recording';
    return (
      <div className={`${panel.panel} ${classes.noAudio}`}>
        <EmptyState
          icon={IconPhoneCall}
          title={t.inProgress}
          hint={recording ? t.inProgressHint : t.noRecordingHint}
        />
      </div>
    );
  }
  if (call.disposition !== 'answered' && !call.recording) return null;
  return (
    <div className={`${panel.panel} ${classes.noAudio}`}>
      {playable && !mayListen ? (
        <EmptyState icon={IconEarOff} title={t.mayNotListen} />
      ) : gone ? (
        <EmptyState icon={IconTrash} title={t.recordingDeleted} hint={t.recordingDeletedHint} />
      ) : (
        <EmptyState
          icon={IconMicrophoneOff}
          title={failed ? t.recordingFailed : t.noRecording}
          {...(failed ? {} : { hint: t.noRecordingHint })}
        />
      )}
    </div>
  );
}
