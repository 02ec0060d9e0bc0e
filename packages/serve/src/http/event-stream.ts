const encoder = new TextEncoder();

/**
 * The body of an answer that comes as server-sent events. It is written without waiting for who reads it: what a slow one has
 * not taken yet is kept, and holds up nobody else.
 *
 * @param write called at once. It tells of its errors itself.
 * @param onCancel called when the reader leaves.
 */
export function eventStream(
  write: (send: (data: string) => void) => Promise<void>,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  let open = true;
  return new ReadableStream({
    start(controller) {
      const close = () => open && controller.close();
      write((data) => {
        if (open) controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      }).then(close, close);
    },
    cancel() {
      open = false;
      onCancel();
    },
  });
}
