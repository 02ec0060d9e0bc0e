import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Answering } from './listen.js';

/**
 * The `fetch` of an app, whose errors end neither the process nor in an answer: an answer that has not begun becomes a bare
 * 500, one that has is cut off. Bodies are written as they come, without another stream between the app and the socket: a
 * token that is streamed is an event, and costs more in there than on its way through the model.
 */
export function guarded(
  app: Answering,
  onError: (error: unknown) => void = () => undefined,
): (request: Request, outgoing: ServerResponse) => Promise<Response> {
  return async (request, outgoing) => {
    try {
      const response = await app.fetch(request);
      if (response.body === null) return response;
      await write(response, response.body.getReader(), outgoing);
      return RESPONSE_ALREADY_SENT;
    } catch (error) {
      onError(error);
      if (!outgoing.headersSent) return new Response(null, { status: 500 });
      outgoing.destroy();
      return RESPONSE_ALREADY_SENT;
    }
  };
}

/** Writes an answer, no faster than it is taken. A client that leaves ends its body. @throws what the body does. */
async function write(
  { status, headers }: Response,
  body: ReadableStreamDefaultReader<Uint8Array>,
  outgoing: ServerResponse,
): Promise<void> {
  const leave = () => void body.cancel().catch(() => undefined);
  outgoing.once('close', leave);
  // One that left before has been told of already.
  if (outgoing.destroyed) leave();
  for (;;) {
    const { done, value } = await body.read();
    if (outgoing.destroyed) return;
    // With the first piece, in one packet; an answer that fails before it has not begun.
    if (!outgoing.headersSent) outgoing.writeHead(status, Object.fromEntries(headers));
    if (done) break;
    if (!outgoing.write(value)) await taken(outgoing);
  }
  outgoing.end();
}

/** Resolves when what was written has been taken, or never will be. */
function taken(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off('drain', settle);
      outgoing.off('close', settle);
      resolve();
    };
    outgoing.on('drain', settle);
    outgoing.on('close', settle);
  });
}
