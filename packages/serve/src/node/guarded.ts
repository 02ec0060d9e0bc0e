import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Answering } from './listen.js';

type Outgoing = ServerResponse | Http2ServerResponse;

/**
 * The `fetch` of an app, whose errors end neither the process nor in an answer: an answer that has not begun becomes a bare
 * 500, one that has is cut off.
 */
export function guarded(
  app: Answering,
  onError: (error: unknown) => void = () => undefined,
): (request: Request, outgoing: Outgoing) => Promise<Response> {
  return async (request, outgoing) => {
    try {
      const response = await app.fetch(request);
      const { body } = response;
      if (body === null) return response;
      return new Response(
        guardedBody(body, (error) => {
          onError(error);
          outgoing.destroy();
        }),
        response,
      );
    } catch (error) {
      onError(error);
      return new Response(null, { status: 500 });
    }
  };
}

function guardedBody(
  body: ReadableStream<Uint8Array>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          // A client that left closed the stream while it was read.
          if (isCancelled) return;
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          if (isCancelled) return;
          onError(error);
          controller.close();
        }
      },
      cancel: (reason) => {
        isCancelled = true;
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
