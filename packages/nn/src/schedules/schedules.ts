import type { Schedule } from '@attune/core';

/** A rise to `peak`, then a fall to `min`. */
export interface DecayOptions {
  readonly peak: number;
  readonly min: number;
  /** Iterations of the rise. */
  readonly warmupIters: number;
  /** Iteration at which `min` is reached; it stays there. */
  readonly decayIters: number;
}

/** The same learning rate throughout. */
export function constant(learningRate: number): Schedule {
  return () => learningRate;
}

function withWarmup(
  { peak, min, warmupIters, decayIters }: DecayOptions,
  shape: (done: number) => number,
): Schedule {
  return (iteration) => {
    if (iteration < warmupIters) return (peak * (iteration + 1)) / (warmupIters + 1);
    if (iteration > decayIters) return min;
    const done = decayIters === warmupIters ? 1 : (iteration - warmupIters) / (decayIters - warmupIters);
    return min + shape(done) * (peak - min);
  };
}

/** Warm-up `peak · (i + 1) / (warmupIters + 1)`, then a straight line to `min` at `decayIters`. */
export function linear(options: DecayOptions): Schedule {
  return withWarmup(options, (done) => 1 - done);
}

/** Warm-up as in {@link linear}, then half a cosine to `min` at `decayIters`. Source: karpathy/nanoGPT, `train.py`. */
export function cosine(options: DecayOptions): Schedule {
  return withWarmup(options, (done) => 0.5 * (1 + Math.cos(Math.PI * done)));
}
