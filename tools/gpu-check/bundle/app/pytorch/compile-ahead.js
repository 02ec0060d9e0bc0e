import { decodedVariants, decodingRequest } from '../parts/decoding.js';
import { pytorchRequest, variants } from '../parts/training-times.js';
import { decodedSizeOf, measuredSizes } from '../sizes.js';
import { compilerAdvice } from './compiler-advice.js';

/** A compilation that takes longer is given up. */
const COMPILE_MS = 120_000;

/** All that will be compiled, in the order in which it is timed. */
const requests = variants
  .filter(({ compiled }) => compiled)
  .flatMap((variant) => [
    ...measuredSizes.map((size) => ['openTraining', pytorchRequest(size, variant)]),
    ...(decodedVariants.includes(variant)
      ? [['openDecoding', decodingRequest(decodedSizeOf(false), variant)]]
      : []),
  ]);

/**
 * Has PyTorch compile what will be timed while nothing is being timed: its caches, on disk, then make the compilations short that
 * would take most of the time.
 *
 * @param {import('./pytorch.js').PyTorch} pytorch a process of its own
 * @param {(reason: string) => void} onMissing told where nothing can be compiled here
 * @returns {() => Promise<void>} ends it, finished or not
 */
export function compileAhead(pytorch, onMissing) {
  let ended = false;
  const work = async () => {
    try {
      await pytorch.ask('tryCompiler', {}, COMPILE_MS);
      for (const [name, request] of requests) {
        if (ended || !pytorch.compiles) break;
        // What fails here fails again where it is timed, and is told of there.
        await pytorch.ask(name, request, COMPILE_MS).catch(() => undefined);
      }
    } catch (error) {
      if (!ended) onMissing(compilerAdvice(error));
    }
    await pytorch.kill();
  };
  void work();
  return () => {
    ended = true;
    return pytorch.kill();
  };
}
