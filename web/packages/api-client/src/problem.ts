/** The server answered, and said no: RFC 9457. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Seconds to wait, from Retry-After; null when the server did not say. */
  readonly retryAfter: number | null;

  constructor(
    status: number,
    body: { code?: string; title?: string; detail?: string },
    retryAfter: number | null,
  ) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? '';
    this.title = body.title ?? `HTTP ${status}`;
    this.detail = body.detail ?? '';
    this.retryAfter = retryAfter;
  }
}

/** No answer came: the server is down, restarting, or the network is away. Says nothing about the session. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super('The server cannot be reached.', { cause });
    this.name = 'Unreachable';
  }
}
