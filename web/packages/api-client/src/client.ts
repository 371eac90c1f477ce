import { Problem, Unreachable } from './problem.ts';

export type QueryValue = string | number | boolean | null | undefined;

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  query?: Record<string, QueryValue> | undefined;
}

export type Reachability = 'reachable' | 'unreachable';

export interface ClientEvents {
  /** Called on each change between answered and not answered. */
  onReachability?: (state: Reachability) => void;
  /** The session is over (401 outside of sign-in). */
  onSignedOut?: () => void;
}

/** Answers that come from something in front of the server rather than from it. */
const kNotTheServer = new Set([502, 503, 504]);

/** A fresh key for each POST, so that a repeated one is done once. Works on plain http too, where randomUUID is absent. */
function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function queryString(query: Record<string, QueryValue> | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text ? `?${text}` : '';
}

async function problemFrom(response: Response): Promise<Problem> {
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const body: unknown = await response.json().catch(() => ({}));
  return new Problem(
    response.status,
    typeof body === 'object' && body !== null ? body : {},
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

/** The one door to the REST API. The session is the HttpOnly cookie: this code never sees or stores a token. */
export class Client {
  readonly #events: ClientEvents;
  #reachability: Reachability = 'reachable';

  constructor(events: ClientEvents = {}) {
    this.#events = events;
  }

  get<T>(path: string, options?: RequestOptions): Promise<T> {
    return this.#json<T>('GET', path, undefined, options);
  }

  post<T = void>(path: string, body?: unknown, options?: RequestOptions): Promise<T> {
    return this.#json<T>('POST', path, body, options);
  }

  put<T>(path: string, body: unknown, options?: RequestOptions): Promise<T> {
    return this.#json<T>('PUT', path, body, options);
  }

  patch<T>(path: string, body: unknown, options?: RequestOptions): Promise<T> {
    return this.#json<T>('PATCH', path, body, options);
  }

  delete<T = void>(path: string, options?: RequestOptions): Promise<T> {
    return this.#json<T>('DELETE', path, undefined, options);
  }

  /** Asks whether the server answers at all; changes reachability as any request does. */
  async ping(signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#send('/healthz', { method: 'GET', signal: signal ?? null });
      return true;
    } catch {
      return false;
    }
  }

  async #json<T>(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (method === 'POST') headers['idempotency-key'] = idempotencyKey();
    const response = await this.#send(path + queryString(options.query), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: options.signal ?? null,
    });
    if (!response.ok) {
      const problem = await problemFrom(response);
      if (response.status === 401 && path !== '/v1/sign-in') this.#events.onSignedOut?.();
      throw problem;
    }
    if (response.status === 204) return undefined as T;
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      this.#reach('unreachable');
      throw new Unreachable(error);
    }
    if (kNotTheServer.has(response.status) && !isProblem(response)) {
      this.#reach('unreachable');
      throw new Unreachable(response.status);
    }
    this.#reach('reachable');
    return response;
  }

  #reach(state: Reachability): void {
    if (state === this.#reachability) return;
    this.#reachability = state;
    this.#events.onReachability?.(state);
  }
}

/** 503 with a problem document is the server speaking (database away, disk full); without one it is a proxy. */
function isProblem(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('application/problem+json');
}
