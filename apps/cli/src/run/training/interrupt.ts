import type { StopRequest } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { exitCodes } from '../../environment/exit-codes.js';

/**
 * Turns Ctrl-C, or another signal to end, into a request: the first asks for an orderly end, a Ctrl-C after it ends the
 * process. A second SIGTERM does not: whoever ends a group of processes, as npx does, may send it twice.
 *
 * @param onFirst tells the user what happens next.
 */
export function listenForInterrupt(context: Context, onFirst: () => void): StopRequest {
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
    dispose: unsubscribe,
  };
}
