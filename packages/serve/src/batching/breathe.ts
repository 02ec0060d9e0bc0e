/**
 * Lets events in before the next step: with an engine that computes on the thread of its caller, nothing else does. Node's
 * `setImmediate` is faster than a message, and lets in what came over the network each time; browsers have messages only.
 */
export function breathe(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate) return new Promise((resolve) => void setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const hear = () => {
      port1.close();
      resolve();
    };
    Object.assign(port1, { onmessage: hear });
    port2.postMessage(null);
  });
}
