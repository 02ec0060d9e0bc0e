const waiting: (() => void)[] = [];
/** One for all calls: to make one takes longer than to use it. Timers would wait for 4 ms each. */
const { port1, port2 } = new MessageChannel();
port1.onmessage = () => waiting.shift()?.();

/** Lets the worker hear what the page has to say: engines may compute for long without giving way. */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
