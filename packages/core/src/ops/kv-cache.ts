import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectRank, expectShape, expectSpec } from '../tensor/checks.js';
import { formatSpec, MASKED_SCORE, type TensorSpec } from '../tensor/index.js';
import { defineComposite } from './define.js';

// A cache of keys or values is `f32[B, H, S, D]`: B sequences of up to S tokens. A run adds T tokens to n of them: those that
// `rows i32[n]` names, or, without it, all of them in order. Tokens stand at `positions i32[n, T]`; −1 marks padding.

/** @throws AttuneError SHAPE_MISMATCH unless positions, and rows where they are given, fit `n` sequences of `tokens`. */
function expectPlaces(
  op: string,
  [n, tokens, cached]: readonly [number, number, number],
  positions: TensorSpec,
  rows: TensorSpec | undefined,
): void {
  expectSpec(op, 'positions', positions, { shape: [n, tokens], dtype: 'i32' });
  if (rows) expectSpec(op, 'rows', rows, { shape: [n], dtype: 'i32' });
  else {
    expectShape(
      n === cached,
      () => `${op}: ${n} sequences, but a cache of ${cached}, and no rows that say which.`,
    );
  }
}

type WriteInputs = readonly [cache: Tensor, columns: Tensor, positions: Tensor, rows: Tensor | undefined];

/**
 * The body of {@link cacheWrite}. One column for each row is chosen by comparing positions; several are scattered, with one
 * row more for those that go nowhere.
 */
function writeColumns(g: Vocabulary, [cache, columns, positions, rows]: WriteInputs): Tensor {
  const [batch, heads, length, width] = cache.shape as [number, number, number, number];
  const [n, , tokens] = columns.shape as [number, number, number];
  if (tokens === 1 && !rows) {
    const isThere = g.equal(g.iota([1, 1, length, 1], 2), g.reshape(positions, [n, 1, 1, 1]));
    return g.select(isThere, columns, cache);
  }
  const first = g.reshape(g.mul(rows ?? g.iota([n]), length), [n, 1]);
  const isInside = g.logicalAnd(g.lessEqual(0, positions), g.less(positions, length));
  const places = g.reshape(g.select(isInside, g.add(first, positions), batch * length), [n * tokens]);
  /** Tokens of one or more heads `f32[n · T, H, D]` at their places: `f32[B, H, S, D]`. */
  const scatter = (updates: Tensor) => {
    const [, ...token] = updates.shape as [number, number, number];
    const table = g.scatterAdd(places, updates, batch * length + 1);
    const kept = g.slice(table, [0, 0, 0], [batch * length, ...token]);
    return g.transpose(g.reshape(kept, [batch, length, ...token]), [0, 2, 1, 3]);
  };
  const byToken = g.reshape(g.transpose(columns, [0, 2, 1, 3]), [n * tokens, heads, width]);
  const isWritten = g.less(0, scatter(g.constant(1, [n * tokens, 1, 1])));
  return g.select(isWritten, scatter(byToken), cache);
}

/**
 * Writes columns into a cache of keys or values: `cache f32[B, H, S, D]`, `columns f32[n, H, T, D]`, `positions i32[n, T]`,
 * `rows i32[n]` → `f32[B, H, S, D]`, with `columns[i, :, t]` at position `positions[i, t]` of sequence `rows[i]`. Positions
 * outside of `[0, S)` are padding, and written nowhere. No place is written twice. Without `rows`, n is B.
 */
export const cacheWrite = defineComposite('cacheWrite', writeColumns, {
  check: (inputs) => {
    expectInputs('cacheWrite', inputs, ['f32', 'f32', 'i32', 'i32'], 1);
    const [cache, columns, positions, rows] = inputs as [TensorSpec, TensorSpec, TensorSpec, TensorSpec?];
    expectRank('cacheWrite', 'the cache', cache, 4);
    expectRank('cacheWrite', 'columns', columns, 4);
    const [batch, heads, , width] = cache.shape as [number, number, number, number];
    const [n, , tokens] = columns.shape as [number, number, number];
    expectSpec('cacheWrite', 'columns', columns, { shape: [n, heads, tokens, width], dtype: 'f32' });
    expectPlaces('cacheWrite', [n, tokens, batch], positions, rows);
  },
});

/** The scale of attention over a cache, and how far a token sees. */
export interface CachedAttentionAttributes extends Readonly<Record<string, number>> {
  /** The factor of the scores, usually `1 / √D`. */
  readonly scale: number;
  /** How many tokens each one sees, itself among them; 0 for all that came before. */
  readonly window: number;
}

/** The columns that tokens see: `positions i32[n, T]` → `bool[n, 1, T, S]`. Padding sees the first one. */
function visibleColumns(g: Vocabulary, positions: Tensor, length: number, window: number): Tensor {
  const [n, tokens] = positions.shape as [number, number];
  const own = g.reshape(g.select(g.less(positions, 0), 0, positions), [n, 1, tokens, 1]);
  const columns = g.iota([1, 1, 1, length], 3);
  const before = g.lessEqual(columns, own);
  return window === 0 ? before : g.logicalAnd(before, g.less(g.sub(own, window), columns));
}

/** Queries `f32[n, H, T, D]`, and keys and values `f32[n, Hkv, S, D]` of which each serves H / Hkv heads of queries. */
export interface SharedKeyValues {
  readonly q: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
  /** The factor of the scores, usually `1 / √D`. */
  readonly scale: number;
}

/**
 * `softmax(masked(scale · q · kᵀ)) · v` → `f32[n, H, T, D]`.
 *
 * @param masked hides scores `f32[n, H, T, S]` of what a token does not see.
 */
export function attendShared(
  g: Vocabulary,
  { q, keys, values, scale }: SharedKeyValues,
  masked: (scores: Tensor) => Tensor,
): Tensor {
  const [n, heads, tokens, width] = q.shape as [number, number, number, number];
  const [, shared, length] = keys.shape as [number, number, number];
  // Heads of queries that share keys are rows of one product: keys need not be repeated for them.
  const grouped = [n, shared, (heads / shared) * tokens];
  const products = g.matmul(g.reshape(q, [...grouped, width]), keys, { transposeB: true });
  const weights = g.softmax(masked(g.reshape(g.mul(products, scale), [n, heads, tokens, length])));
  return g.reshape(g.matmul(g.reshape(weights, [...grouped, length]), values), q.shape);
}

type AttentionInputs = readonly [q: Tensor, keys: Tensor, values: Tensor, positions: Tensor, rows?: Tensor];

/**
 * Attention over cached keys and values: `q f32[n, H, T, D]`, `keys, values f32[B, Hkv, S, D]`, `positions i32[n, T]`,
 * `rows i32[n]` → `f32[n, H, T, D]`, `softmax(scale · q · kᵀ) · v` over the columns of sequence `rows[i]` that lie at
 * positions up to the token's own. H is a multiple of Hkv: so many heads of queries share a head of keys. What comes out for
 * padding is of no use, but finite. Without `rows`, n is B.
 *
 * Source: Shazeer, "Fast Transformer Decoding" (2019), for heads that share keys.
 */
export const cachedAttention = defineComposite(
  'cachedAttention',
  (
    g,
    [q, cachedKeys, cachedValues, positions, rows]: AttentionInputs,
    { scale, window }: CachedAttentionAttributes,
  ) => {
    const [batch, shared, length, width] = cachedKeys.shape as [number, number, number, number];
    const own = (cache: Tensor) =>
      rows
        ? g.reshape(g.gather(g.reshape(cache, [batch, -1]), rows), [q.shape[0]!, shared, length, width])
        : cache;
    const visible = visibleColumns(g, positions, length, window);
    return attendShared(g, { q, keys: own(cachedKeys), values: own(cachedValues), scale }, (scores) =>
      g.select(visible, scores, MASKED_SCORE),
    );
  },
  {
    check: (inputs) => {
      expectInputs('cachedAttention', inputs, ['f32', 'f32', 'f32', 'i32', 'i32'], 1);
      const [q, keys, values, positions, rows] = inputs as [
        ...[TensorSpec, TensorSpec, TensorSpec, TensorSpec],
        TensorSpec?,
      ];
      expectRank('cachedAttention', 'q', q, 4);
      expectRank('cachedAttention', 'keys', keys, 4);
      const [n, heads, tokens, width] = q.shape as [number, number, number, number];
      const [batch, shared, length] = keys.shape as [number, number, number];
      const cached = { shape: [batch, shared, length, width], dtype: 'f32' } as const;
      expectSpec('cachedAttention', 'keys', keys, cached);
      expectSpec('cachedAttention', 'values', values, cached);
      expectShape(
        heads % shared === 0,
        () => `cachedAttention: the heads of ${formatSpec(q)} cannot share those of ${formatSpec(keys)}.`,
      );
      expectPlaces('cachedAttention', [n, tokens, batch], positions, rows);
    },
  },
);
