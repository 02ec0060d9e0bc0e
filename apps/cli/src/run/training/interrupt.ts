import { setImmediate } from 'node:timers/promises';
import type { StopSignal } from '@attune/core';
import type { Context } from '../../context.js';
import { exitCodes } from '../../exit-codes.js';

/**
 * Ctrl-C, or another signal to end, turned into a request: the first asks for an orderly end, a Ctrl-C after it ends the
 * process. A second SIGTERM does not: whoever ends a group of processes, as npx does, may send it twice.
 */
export interface Interrupt extends StopSignal {
  /**
   * Lets the event loop turn. An engine that computes on this thread may never do so between two steps, and a signal is
   * only heard when it does.
   */
  listen(): Promise<void>;
  /** Stops listening. */
  dispose(): void;
}

/** Listens for signals to end. `onFirst` tells the user what happens next. */
export function listenForInterrupt(context: Context, onFirst: () => void): Interrupt {
  let aborted = false;
  const unsubscribe = context.onInterrupt((signal) => {
    if (aborted) {
      if (signal === 'SIGINT') context.exit(exitCodes.interrupted);
      return;
    }
    aborted = true;
    onFirst();
  });
  return {
    get aborted() {
      return aborted;
    },
    listen: () => setImmediate(),
    dispose: unsubscribe,
  };
}
