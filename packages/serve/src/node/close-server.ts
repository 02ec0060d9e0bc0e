import type { Server } from 'node:http';
import type { Listening } from './listen.js';

const WITHIN = 10_000;

/** Closes a server that has just been made: see {@link Listening.close}. */
export function closeServer(server: Server): Listening['close'] {
  let pending = 0;
  let closed: Promise<void> | undefined;
  let told = () => undefined as void;
  /** Kept once the last request was answered, or told that its client is gone. */
  const done = new Promise<void>((resolve) => (told = resolve));
  const endIfDone = () => {
    if (!closed || pending > 0) return;
    // Connections without a request may stay open for long, be they idle or slow to send one.
    server.closeAllConnections();
    told();
  };
  server.on('request', (_request, response) => {
    pending++;
    response.once('close', () => {
      pending--;
      // The next request of a connection may have come already.
      setImmediate(endIfDone);
    });
  });
  return async ({ within = WITHIN } = {}) => {
    closed ??= new Promise<void>((resolve) => server.close(() => resolve()));
    endIfDone();
    const timer = setTimeout(() => server.closeAllConnections(), within);
    await Promise.all([closed, done]);
    clearTimeout(timer);
  };
}
