import { AttuneError } from '@attune/core';
import type { OnHubEvent } from './events.js';
import {
  badResponse,
  connectionFault,
  plainAddress,
  statusFault,
  unreachable,
  type Named,
  type Subject,
} from './faults.js';
import { quote } from './quote.js';
import { Throughput } from './throughput.js';
import { Transient } from './transient.js';

/** Enough for a renamed model, a storage and its mirror. */
const MAX_REDIRECTS = 10;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Asks a hub, on behalf of one model. */
export interface Requester {
  readonly subject: Subject;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: OnHubEvent;
}

/** How one request differs from others. */
export interface RequestOptions {
  /** Default: GET. What is sent otherwise is not sent to another host because the hub redirects there. */
  readonly method?: string;
  readonly body?: NonNullable<RequestInit['body']>;
  /** Is handed what restarts the clock of a silence: to be called as the body is sent. */
  readonly onSending?: (alive: () => void) => void;
  readonly headers?: Readonly<Record<string, string>>;
  /** When, on the clock of `performance`, the whole response has to be here. Default: none, as long as bytes arrive. */
  readonly until?: number;
}

/** A successful response, whose body is read piece by piece. */
export interface ResponseStream {
  readonly response: Response;
  /**
   * The next piece of its body; `undefined` at its end.
   *
   * @throws Transient when the connection breaks, or nothing comes for too long.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Lets go of the connection. */
  close(): void;
}

/** The error of a task that its caller has ended. */
export function interrupted({ name, purpose }: Named, signal?: AbortSignal): AttuneError {
  if (purpose === 'push') {
    return new AttuneError('INTERRUPTED', `Pushing ${name} was interrupted: nothing of it shows there.`, {
      fix: 'Run it again to go on: files that have arrived are not sent again.',
      cause: signal?.reason,
    });
  }
  return new AttuneError('INTERRUPTED', `Fetching ${name} was interrupted.`, {
    fix: 'What has been downloaded is kept: run it again to resume.',
    cause: signal?.reason,
  });
}

function redirectTarget(subject: Subject, response: Response, from: URL): URL | undefined {
  if (!REDIRECTS.includes(response.status)) return undefined;
  const location = response.headers.get('location') ?? '';
  const there = `${plainAddress(from)} redirects`;
  if (!location || !URL.canParse(location, from.href))
    throw badResponse(subject, `${there}, but not where to`);
  const to = new URL(location, from);
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:';
  if (to.protocol !== from.protocol && !upgraded) {
    throw badResponse(subject, `${there} to another protocol, ${quote(to.protocol)}`);
  }
  if (to.username || to.password) throw badResponse(subject, `${there} with a password in the address`);
  return to;
}

/**
 * A GET request: see {@link request}.
 *
 * @throws as {@link request}.
 */
export function get(
  requester: Requester,
  address: string | URL,
  options: Pick<RequestOptions, 'headers' | 'until'> = {},
): Promise<ResponseStream> {
  return request(requester, address, options);
}

/** True if the address is one that something may be sent to beside a question. */
function mayRedirectTo(method: string, status: number, from: URL, to: URL): boolean {
  return method === 'GET' || ((status === 307 || status === 308) && to.origin === from.origin);
}

/**
 * A request, whose redirects are followed under our own rules: to the same protocol, not forever nor in a circle, and
 * with the token only as long as the hub itself is asked.
 *
 * @throws Transient for what may be over in a moment; AttuneError HUB_NOT_FOUND, HUB_ACCESS_DENIED, HUB_BAD_RESPONSE,
 * HUB_UNREACHABLE, INTERRUPTED.
 */
export async function request(
  { subject, fetch: send, signal }: Requester,
  address: string | URL,
  { method = 'GET', body, onSending, headers = {}, until }: RequestOptions = {},
): Promise<ResponseStream> {
  const { endpoint, token, timeoutMs, limits } = subject.settings;
  const hub = new URL(endpoint).origin;
  const controller = new AbortController();
  const abort = () => controller.abort();
  const close = () => {
    signal?.removeEventListener('abort', abort);
    abort();
  };
  /** Awaits something from the network, and gives up when it takes too long. */
  const withTimeout: WithTimeout = async (promise, deadline = Infinity) => {
    let late: string | undefined;
    const left = Math.max(0, deadline - performance.now());
    const timer = setTimeout(
      () => {
        late = left < timeoutMs ? 'it takes too long to answer' : `nothing came for ${timeoutMs / 1000} s`;
        abort();
      },
      Math.min(timeoutMs, left),
    );
    // A request that is still being sent is no silence of the hub's.
    onSending?.(() => void timer.refresh());
    try {
      if (signal?.aborted) throw interrupted(subject, signal);
      return await promise();
    } catch (error) {
      if (signal?.aborted) throw interrupted(subject, signal);
      if (error instanceof AttuneError) throw error;
      // What reading the body threw.
      if (error instanceof Error && error.cause instanceof AttuneError) throw error.cause;
      if (late === undefined) throw connectionFault(subject, error);
      throw new Transient(unreachable(subject, late), { unreachable: true });
    } finally {
      clearTimeout(timer);
    }
  };

  signal?.addEventListener('abort', abort, { once: true });
  try {
    // How long a body takes to send depends on its size: there, silence alone counts.
    const begun = until ?? (body instanceof Blob ? Infinity : performance.now() + limits.responseMs);
    const seen = new Set<string>();
    let url = new URL(address);
    let atHub = true;
    for (;;) {
      seen.add(url.href);
      atHub &&= url.origin === hub;
      const authorization: Record<string, string> =
        atHub && token ? { authorization: `Bearer ${token}` } : {};
      const response = await withTimeout(
        () =>
          send(url, {
            method,
            ...(body !== undefined && { body }),
            headers: { 'user-agent': 'attune', 'accept-encoding': 'identity', ...headers, ...authorization },
            redirect: 'manual',
            signal: controller.signal,
          }),
        begun,
      );
      const next = redirectTarget(subject, response, url);
      if (!next) {
        if (!response.ok) throw statusFault(subject, response, url);
        return responseStream(subject, response, (promise) => withTimeout(promise, until), close);
      }
      await response.body?.cancel().catch(() => undefined);
      if (!mayRedirectTo(method, response.status, url, next)) {
        throw badResponse(
          subject,
          `${plainAddress(url)} redirects what is sent to it, to ${plainAddress(next)}`,
        );
      }
      if (seen.has(next.href)) throw badResponse(subject, `${plainAddress(address)} redirects in a circle`);
      if (seen.size > MAX_REDIRECTS) {
        throw badResponse(subject, `${plainAddress(address)} redirects more than ${MAX_REDIRECTS} times`);
      }
      url = next;
    }
  } catch (error) {
    close();
    throw error;
  }
}

type WithTimeout = <T>(promise: () => Promise<T>, deadline?: number) => Promise<T>;

function responseStream(
  subject: Subject,
  response: Response,
  withTimeout: WithTimeout,
  close: () => void,
): ResponseStream {
  const reader = response.body?.getReader();
  const { minBytesPerSecond } = subject.settings.limits;
  const throughput = new Throughput(subject.settings.limits);
  return {
    response,
    async read() {
      const begin = performance.now();
      const piece = await withTimeout(async () => reader?.read());
      if (piece?.done !== false) return undefined;
      const bytes = piece.value as Uint8Array;
      const speed = throughput.tooSlow(bytes.byteLength, performance.now() - begin);
      if (speed === undefined) return bytes;
      const reason = `it sends ${Math.floor(speed)} bytes a second, below the minimum of ${minBytesPerSecond}`;
      throw new Transient(unreachable(subject, reason), { unreachable: true });
    },
    close,
  };
}

/**
 * The whole body of a response, but not more than `limit` bytes.
 *
 * @throws Transient; AttuneError HUB_BAD_RESPONSE, INTERRUPTED.
 */
export async function readAll(stream: ResponseStream, limit: number, subject: Subject): Promise<Uint8Array> {
  try {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let piece = await stream.read(); piece; piece = await stream.read()) {
      length += piece.byteLength;
      if (length > limit) throw badResponse(subject, `the hub's response is longer than ${limit} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } finally {
    stream.close();
  }
}
