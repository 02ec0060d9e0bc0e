import type { GraphBuilder, Tensor } from '@attune/core';
import type { AttentionInputs } from './attention-inputs.js';

/** Keys and values of an attention layer, `f32[B, Hkv, S, D]`. */
export interface KeyValue {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Keys and values of the tokens that a model has read, in a graph of its forward pass. Caches differ in where they keep
 * them, and in which of them a token sees.
 */
export interface KvCache {
  /** Caches `k` and `v`, and attends to all that is visible: `f32[B, H, T, D]`. */
  attend(g: GraphBuilder, inputs: AttentionInputs): Tensor;
}
