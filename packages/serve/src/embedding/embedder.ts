import { GraphBuilder, hostTensor, type CausalLm, type Program } from '@attune/core';
import {
  checkWindow,
  windowFeed,
  windowOf,
  WindowPrograms,
  type LoadedModel,
} from '../scoring/window-programs.js';

/** Makes vectors of texts. */
export interface Embedder {
  /** How many numbers a vector has: the model's width. */
  readonly width: number;
  /**
   * The mean of the hidden states of a text's tokens – after the last norm, before the head –, divided by its length
   * (L2 norm): `f32[C]`.
   *
   * @throws AttuneError DATA_TOO_SHORT for no tokens, TOKEN_OUT_OF_RANGE, INVALID_ARGUMENT for more than the model reads at
   * once. What aborted `signal` is thrown before the work begins, or not at all.
   */
  embed(tokens: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
  /** Frees its programs, when the call under way is done. */
  dispose(): Promise<void>;
}

/** Weighted sum of hidden states: `x i32[1, T]`, `weights f32[1, T]` → `mean f32[1, C]`. */
function meanProgram(model: CausalLm, length: number): Program {
  const g = new GraphBuilder('embed');
  const x = g.feed('x', { shape: [1, length], dtype: 'i32' });
  const weights = g.feed('weights', { shape: [1, length], dtype: 'f32' });
  const hidden = g.reshape(model.hiddenStates(g, { x }, { mode: 'eval' }), [length, -1]);
  g.output('mean', g.matmul(weights, hidden));
  return g.build();
}

/** The width of a model's hidden states. */
function widthOf(model: CausalLm): number {
  const g = new GraphBuilder('width');
  const x = g.feed('x', { shape: [1, 1], dtype: 'i32' });
  return model.hiddenStates(g, { x }, { mode: 'eval' }).shape.at(-1)!;
}

/** Creates an {@link Embedder}. Programs are compiled when they are first needed; a few are kept. */
export function createEmbedder({ backend, model, state }: LoadedModel): Embedder {
  const programs = new WindowPrograms(backend, state);
  return {
    width: widthOf(model),
    async embed(tokens, signal) {
      checkWindow(tokens, model);
      signal?.throwIfAborted();
      const length = windowOf(tokens.length, model.config.blockSize);
      const weights = new Float32Array(length).fill(1 / tokens.length, 0, tokens.length);
      const feeds = { x: windowFeed(tokens, length), weights: hostTensor('f32', [1, length], weights) };
      const { mean } = await programs.with(
        `${length}`,
        () => meanProgram(model, length),
        (program) => {
          signal?.throwIfAborted();
          return program.run(feeds);
        },
      );
      return normalized(mean!.data as Float32Array);
    },
    dispose: () => programs.dispose(),
  };
}

/** A vector of length 1. One of zeros stays. */
function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector.slice() : vector.map((value) => value / length);
}
