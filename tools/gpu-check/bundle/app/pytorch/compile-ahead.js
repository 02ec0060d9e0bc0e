import { variants, pytorchRequest } from '../parts/training-times.js';
import { measuredSizes } from '../sizes.js';

/** A compilation that takes longer is given up. */
const COMPILE_MS = 120_000;

/**
 * Has PyTorch compile the steps that will be timed while nothing is being timed: its caches, on disk, then make the compilations
 * short that would take most of the time.
 *
 * @param {import('./pytorch.js').PyTorch} pytorch a process of its own
 * @returns {() => Promise<void>} ends it, finished or not
 */
export function compileAhead(pytorch) {
  let ended = false;
  const work = async () => {
    for (const variant of variants.filter(({ compiled }) => compiled)) {
      for (const size of measuredSizes) {
        if (ended || pytorch.compiles === false) break;
        // What fails here fails again where it is timed, and is told of there.
        await pytorch.ask('openTraining', pytorchRequest(size, variant), COMPILE_MS).catch(() => undefined);
      }
    }
    await pytorch.kill();
  };
  void work();
  return () => {
    ended = true;
    return pytorch.kill();
  };
}
