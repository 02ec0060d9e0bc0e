import type { CachedRows, GraphBuilder, Shape, Tensor, TensorSpecs } from '@attune/core';
import type { AttentionInputs } from './attention-inputs.js';
import type { KvCache } from './kv-cache.js';

/** Names under which a State keeps the keys and values of an attention layer. */
function cacheNames(path: string): { readonly keys: string; readonly values: string } {
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
 * stands at position p overwrites column p, and sees columns 0 … p. Rows stand at positions of their own, so that sequences
 * of unequal length can be continued together: what lies beyond a row's position is never seen, and is overwritten in time.
 */
export class FixedKvCache implements KvCache {
  /**
   * @param positions `i32[n, T]`; −1 marks padding, which is not cached.
   * @param length of each row, S.
   * @param rows those that tokens belong to, if not all in order.
   */
  constructor(
    private readonly positions: Tensor,
    private readonly length: number,
    private readonly rows?: CachedRows,
  ) {}

  attend(g: GraphBuilder, { path, q, k, v, window }: AttentionInputs): Tensor {
    const names = cacheNames(path);
    const [keys, values] = [this.write(g, names.keys, k), this.write(g, names.values, v)];
    const isNarrow = window !== undefined && window < this.length;
    return g.cachedAttention(q, keys, values, this.positions, {
      rows: this.rows?.index,
      ...(isNarrow && { window }),
    });
  }

  /** The columns after the new ones are written: `f32[B, Hkv, S, D]`. */
  private write(g: GraphBuilder, name: string, columns: Tensor): Tensor {
    const [n, heads, , width] = columns.shape as [number, number, number, number];
    const shape = [this.rows?.of ?? n, heads, this.length, width];
    const written = g.cacheWrite(
      g.state(name, { shape, dtype: 'f32' }),
      columns,
      this.positions,
      this.rows?.index,
    );
    g.update(name, written);
    return written;
  }
}
