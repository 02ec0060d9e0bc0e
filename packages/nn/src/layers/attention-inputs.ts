import type { Tensor } from '@attune/core';

/** Queries, keys and values of an attention layer, with what is particular to it. */
export interface AttentionInputs {
  /** The layer's path, under which a cache keeps its keys and values. */
  readonly path: string;
  /** `f32[B, H, T, D]`. */
  readonly q: Tensor;
  /** `f32[B, Hkv, T, D]`, where H is a multiple of Hkv: heads of queries in a row share one of keys and values. */
  readonly k: Tensor;
  readonly v: Tensor;
  /** How many tokens each one sees, itself among them. By default all that came before. */
  readonly window?: number;
}
