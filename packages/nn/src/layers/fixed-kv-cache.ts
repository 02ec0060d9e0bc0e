import { MASKED_SCORE, type GraphBuilder, type Shape, type Tensor, type TensorSpecs } from '@attune/core';
import type { AttentionInputs } from './attention-inputs.js';
import { KvCache, type KeyValue } from './kv-cache.js';

/** Names under which a State keeps the keys and values of an attention layer. */
export function cacheNames(path: string): { readonly keys: string; readonly values: string } {
  return { keys: `cache.${path}.keys`, values: `cache.${path}.values` };
}

/** Specs of what is kept for the attention layers at `paths`: keys and values of `shape`, `[B, Hkv, S, D]`. */
export function keyValueSpecs(paths: readonly string[], shape: Shape): TensorSpecs {
  return Object.fromEntries(
    paths.flatMap((path) =>
      Object.values(cacheNames(path)).map((name) => [name, { shape, dtype: 'f32' }] as const),
    ),
  );
}

/**
 * A cache in the State, of a fixed length: `f32[B, Hkv, S, D]` in each layer, S being the longest sequence. A token that
 * stands at position p overwrites column p, and sees columns 0 … p. Rows stand at positions of their own, so that prompts
 * of unequal length can be continued together: what lies beyond a row's position is never seen, and is overwritten in time.
 */
export class FixedKvCache extends KvCache {
  /** Which columns each token sees: `bool[B, 1, T, S]`. */
  private readonly visible: Tensor;

  /** @param positions `i32[B, T]`, where T is 1, or S: then the positions are 0, 1, 2, … */
  constructor(
    g: GraphBuilder,
    private readonly positions: Tensor,
    private readonly length: number,
  ) {
    super();
    const [rows, tokens] = positions.shape as [number, number];
    const own = g.reshape(positions, [rows, 1, tokens, 1]);
    this.visible = g.lessEqual(g.iota([1, 1, 1, length], 3), own);
  }

  protected store(g: GraphBuilder, { path, k, v }: AttentionInputs): KeyValue {
    const names = cacheNames(path);
    return { keys: this.replace(g, names.keys, k), values: this.replace(g, names.values, v) };
  }

  protected masked(g: GraphBuilder, scores: Tensor, window: number | undefined): Tensor {
    return g.select(this.visibleWithin(g, window), scores, MASKED_SCORE);
  }

  /** The visibility mask, restricted to the sliding window. */
  private visibleWithin(g: GraphBuilder, window: number | undefined): Tensor {
    if (window === undefined || window >= this.length) return this.visible;
    const [rows, tokens] = this.positions.shape as [number, number];
    const first = g.sub(g.reshape(this.positions, [rows, 1, tokens, 1]), window);
    return g.logicalAnd(this.visible, g.less(first, g.iota([1, 1, 1, this.length], 3)));
  }

  /** The columns after the new ones are written: `f32[B, Hkv, S, D]`. */
  private replace(g: GraphBuilder, name: string, columns: Tensor): Tensor {
    const [rows, heads, tokens, width] = columns.shape as [number, number, number, number];
    const stored =
      tokens === this.length
        ? columns
        : g.select(
            g.equal(g.iota([1, 1, this.length, 1], 2), g.reshape(this.positions, [rows, 1, 1, 1])),
            columns,
            g.state(name, { shape: [rows, heads, this.length, width], dtype: 'f32' }),
          );
    g.update(name, stored);
    return stored;
  }
}
