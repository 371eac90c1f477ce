/**
 * A telephone in a page: JsSIP as a web application uses it, over the WebSocket of the server that the page came from. It is driven
 * by `parleyTelephone.ask(order)` and tells what happens by `tellTest(event)`, which the driver puts in the page.
 *
 * With `plain`, the page puts a plain RTP/AVP session description in place of the browser's own through JsSIP's `sdp` event, and
 * gives the browser a second peer connection of the same page to talk to: the whole SIP stack of JsSIP runs against the server
 * although the server has no DTLS-SRTP for it. Without, what the browser says goes out as it is.
 */
import * as JsSIP from 'jssip';
import type { EndEvent, RTCSession, RTCSessionEventMap, SDPEvent } from 'jssip/lib/RTCSession';
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
  /** The port of the plain session description; 0: the browser's own one. */
  plain?: number;
  session?: string;
  other?: string;
  status?: number;
  update?: boolean;
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

/** Whom the browser's own peer connection talks to while the wire says something plainer. */
class Stand {
  private readonly far = new RTCPeerConnection();
  private offer: RTCSessionDescriptionInit | undefined;
  private answer: RTCSessionDescriptionInit | undefined;
  private version = 0;
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
    this.far.addTransceiver('audio');
  }

  /** Makes what a remote offer will be replaced with: JsSIP asks for it without waiting. */
  async prepare(): Promise<void> {
    this.offer = await this.far.createOffer();
    this.answer = undefined;
  }

  substitute(event: SDPEvent): void {
    const isBrowsers = event.sdp.includes('a=fingerprint');
    if (event.originator === ('local' as SDPEvent['originator'])) {
      if (!isBrowsers) return; // already ours: a re-INVITE says it twice
      event.sdp = this.plain(/a=(sendrecv|sendonly|recvonly|inactive)/.exec(event.sdp)?.[1] ?? 'sendrecv');
    } else {
      const instead = event.type === 'offer' ? this.offer : this.answer;
      if (!instead?.sdp) throw new Error(`no ${event.type} was prepared`);
      event.sdp = instead.sdp;
    }
  }

  /** JsSIP goes on only when this side has heard its description: the answer from the wire may come at once. */
  follow(connection: RTCPeerConnection): void {
    const set = connection.setLocalDescription.bind(connection);
    connection.setLocalDescription = async (description?: RTCLocalSessionDescriptionInit) => {
      await set(description);
      const own = connection.localDescription;
      if (own?.type === 'offer') await this.take(own);
      else if (own) await this.settle(own);
    };
  }

  close(): void {
    this.far.close();
  }

  private async take(offer: RTCSessionDescriptionInit): Promise<void> {
    await this.far.setRemoteDescription(offer);
    this.answer = await this.far.createAnswer();
    await this.far.setLocalDescription(this.answer);
  }

  private async settle(answer: RTCSessionDescriptionInit): Promise<void> {
    await this.far.setLocalDescription(this.offer);
    await this.far.setRemoteDescription(answer);
    this.offer = await this.far.createOffer();
  }

  private plain(direction: string): string {
    this.version += 1;
    return [
      'v=0',
      `o=jssip 7 ${String(this.version)} IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${String(this.port)} RTP/AVP 0 101`,
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      `a=${direction}`,
      '',
    ].join('\r\n');
  }
}

/** What JsSIP has and its type declarations leave out. */
interface Asking {
  sendOptions: (target: string, body: undefined, options: object) => void;
}

interface Line {
  session: RTCSession;
  stand: Stand | undefined;
}

let ua: UA | undefined;
let plain = 0;
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

function watch(name: string, session: RTCSession, stand: Stand | undefined): void {
  lines.set(name, { session, stand });
  // An outgoing session has its connection by now, an incoming one gets it when it is answered.
  if (session.connection) stand?.follow(session.connection);
  else session.on('peerconnection', ({ peerconnection }) => stand?.follow(peerconnection));
  session.on('sdp', (event) => {
    tell('sdp', { session: name, originator: event.originator, type: event.type, sdp: event.sdp });
    stand?.substitute(event);
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
    stand?.close();
    lines.delete(name);
  };
  session.on('ended', over('ended'));
  session.on('failed', over('failed'));
}

let count = 0;

function incoming({ session, request }: IncomingRTCSessionEvent): void {
  const name = `in-${String(++count)}`;
  watch(name, session, plain ? new Stand(plain) : undefined);
  tell('incoming', {
    session: name,
    from: request.from.uri.user,
    display: request.from.display_name,
    alert: request.getHeader('Alert-Info'),
  });
}

const media = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };

const orders: Record<string, (order: Order) => unknown> = {
  start(order) {
    const account = order.account;
    if (!account) throw new Error('no account');
    plain = order.plain ?? 0;
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
    const stand = plain ? new Stand(plain) : undefined;
    const placed = (event: { originator: string; session: RTCSession }) => {
      if (event.originator === 'local') watch(name, event.session, stand);
    };
    telephone().once('newRTCSession', placed);
    telephone().call(order.number ?? '', { ...media, extraHeaders: order.headers ?? [] });
    return name;
  },
  async answer(order) {
    const { session, stand } = line(order);
    await stand?.prepare();
    session.answer(media);
  },
  /** Before the other side offers within the call. */
  async prepare(order) {
    await line(order).stand?.prepare();
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
    line(order).session.sendDTMF(order.text ?? '');
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
