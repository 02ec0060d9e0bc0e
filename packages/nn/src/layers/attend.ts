import { attentionWeights, causalMask, type GraphBuilder, type Tensor } from '@attune/core';
import type { Dropout } from './dropout.js';
import type { KvCache } from './kv-cache.js';

/** What a token's attention depends on, beside queries, keys and values. The same in every layer of a run. */
export interface AttentionContext {
  /** Where keys and values of earlier tokens are kept. Then neither `visible` nor dropout apply. */
  readonly cache?: KvCache;
  /** Which tokens each one sees, `bool`, to be broadcast to `[B, H, T, T]`. By default itself and those before it. */
  readonly visible?: Tensor;
}

/** Which tokens each one sees where several documents stand in a row: `documents i32[B, T] → bool[B, 1, T, T]`. */
export function documentMask(g: GraphBuilder, documents: Tensor): Tensor {
  const [rows, length] = documents.shape as [number, number];
  const same = g.equal(
    g.reshape(documents, [rows, 1, length, 1]),
    g.reshape(documents, [rows, 1, 1, length]),
  );
  return g.logicalAnd(same, causalMask(g, length));
}

/** Attention of each head: `q, k, v f32[B, H, T, D] → f32[B, H, T, D]`, with scores divided by `√D`. */
export function attend(
  g: GraphBuilder,
  { path, q, k, v }: { readonly path: string; readonly q: Tensor; readonly k: Tensor; readonly v: Tensor },
  { cache, visible }: AttentionContext,
  dropout?: Dropout,
): Tensor {
  if (cache) return cache.attend(g, path, q, k, v);
  // The fused op, unless weights are hidden or dropped: then its parts.
  if (!visible && !dropout?.active) return g.attention(q, k, v);
  const weights = attentionWeights(g, q, k, { causal: true, scale: q.shape.at(-1)! ** -0.5 }, visible);
  return g.matmul(dropout ? dropout.forward(g, weights) : weights, v);
}
