/**
 * A telephone in a page: JsSIP as a web application uses it, over the WebSocket of the server that the page came from. It is driven
 * by `parleyTelephone.ask(order)` and tells what happens by `tellTest(event)`, which the driver puts in the page.
 *
 * Its media is the browser's own: DTLS-SRTP over ICE. What it hears of the other party is kept as samples, so that a test can compare
 * it with what the other party said.
 */
import * as JsSIP from 'jssip';
import type { EndEvent, RTCSession, RTCSessionEventMap } from 'jssip/lib/RTCSession';
import type {
  IncomingMessageEvent,
  IncomingRTCSessionEvent,
  OutgoingMessageEvent,
  RTCSessionEvent,
  UA,
} from 'jssip/lib/UA';

type Heard<E extends keyof RTCSessionEventMap> = Parameters<RTCSessionEventMap[E]>[0];

export interface Order {
  do: string;
  text?: string;
  number?: string;
  headers?: string[];
  account?: { user: string; password: string; domain: string; server: string; session_timers: boolean };
  /** How much of what was heard last. */
  seconds?: number;
  session?: string;
  other?: string;
  status?: number;
  update?: boolean;
  /** Keys as telephone events in the sound, not as INFO. */
  events?: boolean;
}

export type Event = Record<string, string | number | boolean | undefined> & { event: string };

declare global {
  interface Window {
    tellTest: (event: Event) => void;
    parleyTelephone: { ask: (order: Order) => Promise<unknown> };
  }
}

const tell = (event: string, more: Omit<Event, 'event'> = {}) => {
  window.tellTest({ event, ...more });
};

/** What the other party says, as telephone samples. */
class Ear {
  static readonly rate = 8000;
  private readonly context = new AudioContext({ sampleRate: Ear.rate });
  private readonly element = new Audio();
  private readonly chunks: Float32Array[] = [];
  private readonly tap = this.context.createScriptProcessor(1024, 1, 1);
  private source: MediaStreamAudioSourceNode | undefined;

  constructor() {
    this.tap.onaudioprocess = ({ inputBuffer }) => {
      this.chunks.push(inputBuffer.getChannelData(0).slice());
    };
    this.tap.connect(this.context.destination);
  }

  listen(connection: RTCPeerConnection): void {
    connection.addEventListener('track', ({ track }) => {
      if (track.kind !== 'audio') return;
      const stream = new MediaStream([track]);
      // Without an element that plays it, a remote track gives no samples.
      this.element.muted = true;
      this.element.srcObject = stream;
      void this.element.play();
      this.source?.disconnect(); // after a hold the track is told again
      this.source = this.context.createMediaStreamSource(stream);
      this.source.connect(this.tap);
    });
  }

  /** The last seconds as 16-bit samples in base64. */
  heard(seconds: number): string {
    const samples = this.chunks.flatMap((chunk) => [...chunk]).slice(-seconds * Ear.rate);
    const bytes = new Uint8Array(new Int16Array(samples.map((one) => Math.round(one * 32767))).buffer);
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }

  close(): void {
    this.element.srcObject = null;
    void this.context.close();
  }
}

interface Report {
  id: string;
  type: string;
  srtpCipher?: string;
  dtlsState?: string;
  dtlsRole?: string;
  codecId?: string;
  mimeType?: string;
  packetsReceived?: number;
}

/** What JsSIP has and its type declarations leave out. */
interface Asking {
  sendOptions: (target: string, body: undefined, options: object) => void;
}

interface Line {
  session: RTCSession;
  ear: Ear;
}

let ua: UA | undefined;
const lines = new Map<string, Line>();

function telephone(): UA {
  if (!ua) throw new Error('no account yet');
  return ua;
}

function line(order: Order): Line {
  const found = order.session ? lines.get(order.session) : [...lines.values()].at(-1);
  if (!found) throw new Error('there is no such call');
  return found;
}

function watch(name: string, session: RTCSession): void {
  const ear = new Ear();
  lines.set(name, { session, ear });
  const follow = (connection: RTCPeerConnection) => {
    ear.listen(connection);
    connection.addEventListener('connectionstatechange', () => {
      tell('connection', { session: name, state: connection.connectionState });
    });
  };
  // An outgoing session has its connection by now, an incoming one gets it when it is answered.
  if (session.connection) follow(session.connection);
  else session.on('peerconnection', ({ peerconnection }) => follow(peerconnection));
  session.on('sdp', (event) => {
    tell('sdp', { session: name, originator: event.originator, type: event.type, sdp: event.sdp });
  });
  session.on('progress', (event: Heard<'progress'>) => {
    tell('progress', { session: name, status: 'response' in event ? event.response.status_code : 0 });
  });
  session.on('accepted', () => {
    tell('accepted', { session: name });
  });
  session.on('confirmed', () => {
    tell('confirmed', { session: name });
  });
  session.on('hold', (event) => {
    tell('hold', { session: name, originator: event.originator });
  });
  session.on('unhold', (event) => {
    tell('unhold', { session: name, originator: event.originator });
  });
  session.on('newDTMF', (event: Heard<'newDTMF'>) => {
    tell('dtmf', { session: name, originator: event.originator, tone: event.dtmf.tone });
  });
  const over = (event: string) => (end: EndEvent) => {
    const message = end.message as { status_code?: number } | null;
    tell(event, {
      session: name,
      originator: end.originator,
      cause: end.cause,
      status: message?.status_code,
    });
    ear.close();
    lines.delete(name);
  };
  session.on('ended', over('ended'));
  session.on('failed', over('failed'));
}

let count = 0;

function incoming({ session, request }: IncomingRTCSessionEvent): void {
  const name = `in-${String(++count)}`;
  watch(name, session);
  tell('incoming', {
    session: name,
    from: request.from.uri.user,
    display: request.from.display_name,
    alert: request.getHeader('Alert-Info'),
  });
}

/** Without what browsers do to improve a voice: a test compares what is said with what is heard. */
const media = {
  mediaConstraints: {
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: false,
  },
  pcConfig: { iceServers: [] },
};

const orders: Record<string, (order: Order) => unknown> = {
  start(order) {
    const account = order.account;
    if (!account) throw new Error('no account');
    ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(account.server)],
      uri: `sip:${account.user}@${account.domain}`,
      password: account.password,
      session_timers: account.session_timers,
      register_expires: 120,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 2,
      user_agent: 'JsSIP test page',
    });
    ua.on('connected', () => {
      tell('connected');
    });
    ua.on('disconnected', (event) => {
      tell('disconnected', { code: event.code });
    });
    ua.on('registered', (event) => {
      tell('registered', {
        contact: event.response.getHeader('Contact'),
        flow: event.response.getHeader('Flow-Timer'),
      });
    });
    ua.on('unregistered', () => {
      tell('unregistered');
    });
    ua.on('registrationFailed', (event) => {
      tell('registrationFailed', { cause: event.cause, status: event.response.status_code });
    });
    ua.on('newRTCSession', (event: RTCSessionEvent) => {
      if (event.originator === ('remote' as typeof event.originator))
        incoming(event as IncomingRTCSessionEvent);
    });
    ua.on('newMessage', (event: IncomingMessageEvent | OutgoingMessageEvent) => {
      if (event.originator === ('remote' as typeof event.originator))
        tell('message', { from: event.request.from.uri.user, text: event.request.body });
    });
    ua.start();
  },
  unregister() {
    telephone().unregister();
  },
  options(order) {
    return new Promise((resolve) => {
      const done = (event: { response?: { status_code: number; getHeader: (name: string) => string } }) => {
        resolve({ status: event.response?.status_code, allow: event.response?.getHeader('Allow') });
      };
      (telephone() as unknown as Asking).sendOptions(order.number ?? '', undefined, {
        eventHandlers: { succeeded: done, failed: done },
      });
    });
  },
  message(order) {
    return new Promise((resolve) => {
      const done = (event: { response?: { status_code: number } }) => {
        resolve(event.response?.status_code);
      };
      telephone().sendMessage(order.number ?? '', order.text ?? '', {
        eventHandlers: { succeeded: done, failed: done },
      });
    });
  },
  call(order) {
    const name = `out-${String(++count)}`;
    const placed = (event: { originator: string; session: RTCSession }) => {
      if (event.originator === 'local') watch(name, event.session);
    };
    telephone().once('newRTCSession', placed);
    telephone().call(order.number ?? '', { ...media, extraHeaders: order.headers ?? [] });
    return name;
  },
  answer(order) {
    line(order).session.answer(media);
  },
  heard(order) {
    return line(order).ear.heard(order.seconds ?? 2);
  },
  /** How the media goes: the pair of candidates, SRTP's suite, what came and went. */
  async media(order) {
    const reports = await line(order).session.connection?.getStats();
    const all = [...(reports ?? new Map<string, Report>()).values()] as Report[];
    const transport = all.find((one) => one.type === 'transport');
    const inbound = all.find((one) => one.type === 'inbound-rtp');
    const codec = all.find((one) => one.id === inbound?.codecId);
    return {
      suite: transport?.srtpCipher,
      dtls: transport?.dtlsState,
      role: transport?.dtlsRole,
      codec: codec?.mimeType,
      received: inbound?.packetsReceived,
    };
  },
  /** An ICE restart by a re-INVITE. */
  restart(order) {
    return new Promise((resolve) => {
      line(order).session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, () => {
        resolve(true);
      });
    });
  },
  refuse(order) {
    line(order).session.terminate({ status_code: order.status ?? 486 });
  },
  hangUp(order) {
    line(order).session.terminate();
  },
  hold(order) {
    return new Promise((resolve) => {
      line(order).session.hold({ useUpdate: order.update ?? false }, () => {
        resolve(true);
      });
    });
  },
  resume(order) {
    return new Promise((resolve) => {
      line(order).session.unhold({ useUpdate: order.update ?? false }, () => {
        resolve(true);
      });
    });
  },
  dtmf(order) {
    const transportType = order.events ? JsSIP.C.DTMF_TRANSPORT.RFC2833 : JsSIP.C.DTMF_TRANSPORT.INFO;
    line(order).session.sendDTMF(order.text ?? '', { transportType });
  },
  transfer(order) {
    const { session } = line(order);
    const name = order.session ?? '';
    const replaces = order.other ? lines.get(order.other)?.session : undefined;
    const step = (what: string) => (event: { request?: { body: string } } | undefined) => {
      tell(`refer ${what}`, { session: name, body: event?.request?.body });
    };
    const eventHandlers = Object.fromEntries(
      ['requestSucceeded', 'requestFailed', 'trying', 'progress', 'accepted', 'failed'].map((one) => [
        one,
        step(one),
      ]),
    );
    session.refer(order.number ?? '', { eventHandlers, replaces });
  },
};

window.parleyTelephone = {
  ask: async (order) => {
    const act = orders[order.do];
    if (!act) throw new Error(`what is ${order.do}?`);
    return (await act(order)) ?? null;
  },
};
