import { MASKED_SCORE, type GraphBuilder, type Shape, type Tensor, type TensorSpecs } from '@attune/core';
import type { AttentionInputs } from './attention-inputs.js';

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
 * Keys and values of the tokens read so far, `f32[B, Hkv, S, D]` in each layer, S being the longest sequence. A token that
 * stands at position p overwrites column p, and sees columns 0 … p. Rows stand at positions of their own, so that prompts
 * of unequal length can be continued together: what lies beyond a row's position is never seen, and is overwritten in time.
 */
export class KvCache {
  /** Which columns each token sees: `bool[B, 1, T, S]`. */
  private readonly visible: Tensor;

  /** @param positions `i32[B, T]`, where T is 1, or S: then the positions are 0, 1, 2, … */
  constructor(
    g: GraphBuilder,
    private readonly positions: Tensor,
    private readonly length: number,
  ) {
    const [rows, tokens] = positions.shape as [number, number];
    const own = g.reshape(positions, [rows, 1, tokens, 1]);
    this.visible = g.lessEqual(g.iota([1, 1, 1, length], 3), own);
  }

  /** Caches `k` and `v`, and attends to all that is visible: `f32[B, H, T, D]`. */
  attend(g: GraphBuilder, { path, q, k, v, window }: AttentionInputs): Tensor {
    const names = cacheNames(path);
    const keys = this.store(g, names.keys, k);
    const values = this.store(g, names.values, v);
    const [batch, heads, tokens, width] = q.shape as [number, number, number, number];
    // Heads of queries that share keys are rows of one product: the cache need not be repeated for them.
    const shared = [batch, k.shape[1]!, (heads / k.shape[1]!) * tokens];
    const products = g.matmul(g.reshape(q, [...shared, width]), keys, { transposeB: true });
    const scores = g.mul(g.reshape(products, [batch, heads, tokens, this.length]), width ** -0.5);
    const weights = g.softmax(g.select(this.visibleWithin(g, window), scores, MASKED_SCORE));
    return g.reshape(g.matmul(g.reshape(weights, [...shared, this.length]), values), q.shape);
  }

  /** The visibility mask, restricted to the sliding window. */
  private visibleWithin(g: GraphBuilder, window: number | undefined): Tensor {
    if (window === undefined || window >= this.length) return this.visible;
    const [rows, tokens] = this.positions.shape as [number, number];
    const first = g.sub(g.reshape(this.positions, [rows, 1, tokens, 1]), window);
    return g.logicalAnd(this.visible, g.less(first, g.iota([1, 1, 1, this.length], 3)));
  }

  /** The columns after the new ones are written: `f32[B, Hkv, S, D]`. */
  private store(g: GraphBuilder, name: string, columns: Tensor): Tensor {
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
