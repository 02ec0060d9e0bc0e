import type { Model } from '@attune/core';
import { storeWeights } from '@attune/nn';

/** A value of `--weights`. */
export type HeldWeights = 'f32' | 'bf16' | 'f16' | 'int8';

/** True if weights that are stored in 16 bits need not be widened when they are read. */
export const readsNarrow = (weights: HeldWeights): boolean => weights !== 'f32';

/** A model that is to be held so when it is allocated. */
export function heldIn<M extends Model>(weights: HeldWeights, model: M): M {
  if (weights !== 'f32') storeWeights(model, weights === 'int8' ? 'i8' : weights);
  return model;
}
