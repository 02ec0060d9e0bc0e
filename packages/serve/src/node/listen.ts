import { AttuneError, systemCode } from '@attune/core';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { Server, ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo, type Socket } from 'node:net';
import { closeServer } from './close-server.js';
import { guarded } from './guarded.js';
import { isExpectedHost, isLoopback, LOOPBACK } from './loopback.js';

/** An app that answers requests: one of Hono, or anything with its `fetch`. */
export interface Answering {
  fetch(request: Request): Response | Promise<Response>;
}

/** Options of {@link listen}. */
export interface ListenOptions {
  /** Default `127.0.0.1`: only programs of this machine can connect. */
  readonly host?: string;
  /** Default 0: one that is free. */
  readonly port?: number;
  /**
   * Names, beside those of this machine, that a request may call the server by. They are checked where the host is of this
   * machine only, and where names are given.
   */
  readonly names?: readonly string[];
  /** Connections at once; one more is closed without an answer. Default 512. */
  readonly maxConnections?: number;
  /** Milliseconds in which the headers of a request have to come. Default 10 seconds. */
  readonly headersTimeout?: number;
  /** Milliseconds in which a request has to come whole, with its body. Default 60 seconds. */
  readonly requestTimeout?: number;
  /**
   * Milliseconds that a connection may be without a request, or take nothing of an answer that is written. Default 30
   * seconds. How long an answer may take until it is written is for the app to say.
   */
  readonly idleTimeout?: number;
  /** True if neither the port nor its connections keep the process from ending. */
  readonly background?: boolean;
  /** Told of errors that `fetch` or the body of its answer threw. Clients are told of none: they get a status. */
  readonly onError?: (error: unknown) => void;
}

/** A server that listens. */
export interface Listening {
  /** Its address, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Accepted connections that are open. */
  readonly connections: number;
  /**
   * Accepts nothing more, lets requests be answered for `within` milliseconds (default 10 seconds), and cancels those that
   * are left: their `request.signal` aborts. Called again, it takes the shorter time. Afterwards nothing of the server keeps
   * the process from ending.
   */
  close(options?: { readonly within?: number }): Promise<void>;
}

const HEADERS = 100;

/** Says why a server cannot listen. */
function listenError(cause: unknown, host: string, port: number): AttuneError {
  const code = systemCode(cause);
  const [why, fix] =
    code === 'EADDRINUSE'
      ? ['another program listens there', 'Choose another port, or 0 for one that is free.']
      : code === 'EACCES'
        ? ['this user may not listen there', 'Choose a port above 1023.']
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? [
              'no network of this machine has this address',
              `Choose ${LOOPBACK}, or 0.0.0.0 for all networks.`,
            ]
          : [cause instanceof Error ? cause.message : String(cause), 'Choose another host or port.'];
  return new AttuneError('LISTEN_FAILED', `Cannot listen on ${host}, port ${port}: ${why}.`, { fix, cause });
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) => reject(listenError(cause, host, port));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

/** Ends connections whose client reads nothing. One that waits for an answer stays. */
function endStuck(server: Server, idleTimeout: number): void {
  server.timeout = idleTimeout;
  server.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0) socket.destroy();
    else socket.setTimeout(idleTimeout);
  });
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new AttuneError('INVALID_ARGUMENT', `port must be an integer from 0 to 65535, but is ${port}.`);
}

/**
 * Answers requests on a port, by default of this machine only.
 *
 * A server on this machine answers only requests that call it by a name of this machine, so that no page of a stranger's
 * can talk to it under a name of its own (DNS rebinding).
 *
 * @throws AttuneError LISTEN_FAILED if another program has the port, or the host is not of this machine.
 */
export async function listen(app: Answering, options: ListenOptions = {}): Promise<Listening> {
  const { host = LOOPBACK, port = 0, names, maxConnections = 512, background = false } = options;
  const { headersTimeout = 10_000, requestTimeout = 60_000, idleTimeout = 30_000 } = options;
  checkPort(port);
  const checksHost = isLoopback(host) || names !== undefined;
  const answer = guarded(app, options.onError);
  const server = createAdaptorServer({
    fetch: (request, env) => {
      const { incoming, outgoing } = env as HttpBindings;
      const expected = !checksHost || isExpectedHost(incoming.headers.host, [...(names ?? []), host]);
      return expected ? answer(request, outgoing as ServerResponse) : Promise.resolve(misdirected());
    },
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout,
      requestTimeout,
      keepAliveTimeout: idleTimeout,
      // Timeouts are looked at in this interval.
      connectionsCheckingInterval: Math.ceil(Math.min(headersTimeout, requestTimeout, 10_000) / 4),
    },
  }) as Server;
  server.maxConnections = maxConnections;
  server.maxHeadersCount = HEADERS;
  endStuck(server, idleTimeout);
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    socket.once('close', () => connections--);
    if (background) socket.unref();
  });
  await bind(server, host, port);
  // One that is not listened to would end the process.
  server.on('error', (error) => options.onError?.(error));
  if (background) server.unref();
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${bound}`,
    host,
    port: bound,
    get connections() {
      return connections;
    },
    close: closeServer(server),
  };
}

/** The answer to a request for another server. */
function misdirected(): Response {
  const message =
    'The request calls this server by a name that is not its own. Call it localhost, or have it started with this name.';
  return Response.json(
    { error: { message, type: 'invalid_request_error', param: null, code: 'unexpected_host' } },
    { status: 403 },
  );
}
