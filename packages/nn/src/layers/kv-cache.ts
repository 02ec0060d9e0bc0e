import type { GraphBuilder, Tensor } from '@attune/core';
import type { AttentionInputs } from './attention-inputs.js';

/** Keys and values of an attention layer, `f32[B, Hkv, S, D]`. */
export interface KeyValue {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Keys and values of the tokens that a model has read, in a graph of its forward pass. Caches differ in where they keep
 * them, and in which of them a token sees; attention is the same.
 */
export abstract class KvCache {
  /** Caches `k` and `v`, and attends to all that is visible: `f32[B, H, T, D]`. */
  attend(g: GraphBuilder, inputs: AttentionInputs): Tensor {
    const { keys, values } = this.store(g, inputs);
    const { q, window } = inputs;
    const [batch, heads, tokens, width] = q.shape as [number, number, number, number];
    const [, shared, columns] = keys.shape as [number, number, number, number];
    // Heads of queries that share keys are rows of one product: the cache need not be repeated for them.
    const rows = [batch, shared, (heads / shared) * tokens];
    const products = g.matmul(g.reshape(q, [...rows, width]), keys, { transposeB: true });
    const scores = g.reshape(g.mul(products, width ** -0.5), [batch, heads, tokens, columns]);
    const weights = g.softmax(this.masked(g, scores, window));
    return g.reshape(g.matmul(g.reshape(weights, [...rows, columns]), values), q.shape);
  }

  /** Caches the keys and values of new tokens. @returns those of all tokens, the new ones among them. */
  protected abstract store(g: GraphBuilder, inputs: AttentionInputs): KeyValue;

  /**
   * Scores `f32[B, H, T, S]`, so low that no weight is left where a token does not see another.
   *
   * @param window how many tokens each one sees, itself among them. By default all that came before.
   */
  protected abstract masked(g: GraphBuilder, scores: Tensor, window: number | undefined): Tensor;
}
