import type { Communicator } from '@attune/core';

/** Milliseconds spent in a communicator, by its calls. */
export interface CallTimes {
  /** Sums of gradients: `allReduceSum` and `reduceScatterSum`. */
  sums: number;
  /** Waiting for the other ranks to come to a sum, where that is measured by itself. */
  waiting: number;
  /** All other calls, small ones for the most part. */
  others: number;
}

/**
 * A communicator that measures the time of its calls.
 *
 * @param splitsWaiting true to measure by a barrier before each sum how long a rank waits for the others: it costs some time itself.
 */
export function timedCommunicator(
  inner: Communicator,
  splitsWaiting: boolean,
): { readonly communicator: Communicator; readonly times: CallTimes } {
  const times: CallTimes = { sums: 0, waiting: 0, others: 0 };
  const timed = async <T>(kind: keyof CallTimes, call: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await call();
    } finally {
      times[kind] += performance.now() - start;
    }
  };
  const sum = async (call: () => Promise<void>): Promise<void> => {
    if (splitsWaiting) await timed('waiting', () => inner.barrier());
    await timed('sums', call);
  };
  const { rank, size, localSize, description } = inner;
  const communicator: Communicator = {
    ...{ rank, size, localSize, description },
    allReduceSum: (parts) => sum(() => inner.allReduceSum(parts)),
    reduceScatterSum: (parts, owners) => sum(() => inner.reduceScatterSum(parts, owners)),
    allGather: (parts, owners) => timed('others', () => inner.allGather(parts, owners)),
    broadcast: (bytes, root) => timed('others', () => inner.broadcast(bytes, root)),
    barrier: () => timed('others', () => inner.barrier()),
    abort: (exitCode, reason) => inner.abort(exitCode, reason),
    dispose: () => inner.dispose(),
  };
  return { communicator, times };
}
