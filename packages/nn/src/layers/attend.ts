import { attentionWeights, causalMask, type GraphBuilder, type Tensor } from '@attune/core';
import type { AttentionInputs } from './attention-inputs.js';
import type { Dropout } from './dropout.js';
import type { KvCache } from './kv-cache.js';

/** The inputs of attention beside queries, keys and values. The same in every layer of a run. */
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

/** Attention of each head: `f32[B, H, T, D]`, with scores divided by `√D`. */
export function attend(
  g: GraphBuilder,
  inputs: AttentionInputs,
  { cache, visible: given }: AttentionContext,
  dropout?: Dropout,
): Tensor {
  if (cache) return cache.attend(g, inputs);
  const { q, window } = inputs;
  const [k, v] = [inputs.k, inputs.v].map((shared) => repeatHeads(g, shared, q.shape[1]!)) as [
    Tensor,
    Tensor,
  ];
  const visible = withinWindow(g, q.shape.at(-2)!, window, given);
  // The fused op, unless weights are hidden or dropped: then its parts.
  if (!visible && !dropout?.drops(g)) return g.attention(q, k, v);
  const weights = attentionWeights(g, q, k, { causal: true, scale: q.shape.at(-1)! ** -0.5 }, visible);
  return g.matmul(dropout ? dropout.forward(g, weights) : weights, v);
}

/** Each head as often as queries share it: `f32[B, Hkv, T, D] → f32[B, heads, T, D]`. */
function repeatHeads(g: GraphBuilder, x: Tensor, heads: number): Tensor {
  const [batch, own, length, width] = x.shape as [number, number, number, number];
  if (own === heads) return x;
  const apart = g.reshape(x, [batch, own, 1, length, width]);
  const repeated = g.broadcastTo(apart, [batch, own, heads / own, length, width]);
  return g.reshape(repeated, [batch, heads, length, width]);
}

/** The visibility mask, restricted to the sliding window. */
function withinWindow(
  g: GraphBuilder,
  length: number,
  window: number | undefined,
  visible: Tensor | undefined,
): Tensor | undefined {
  if (window === undefined || window >= length) return visible;
  const square = [length, length];
  const near = g.less(g.sub(g.iota(square, 0), g.iota(square, 1)), window);
  return g.logicalAnd(visible ?? causalMask(g, length), near);
}
