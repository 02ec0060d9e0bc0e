import type { Attributes, TensorSpec } from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Kernels } from '../runtime/kernels.js';

/**
 * How an op of the graph becomes tfjs kernels.
 *
 * @typeParam A the op's attributes.
 */
export interface Rule<A extends Attributes = Attributes> {
  /**
   * Runs the kernels. What they make on the way is freed by the caller. No input and no output is empty (of size 0).
   *
   * @param outputs specs of what has to come out.
   * @returns new tensors, one for each output; none of the inputs.
   */
  apply(
    k: Kernels,
    inputs: readonly Tensor[],
    attrs: A,
    outputs: readonly TensorSpec[],
  ): Tensor | readonly Tensor[];
}

/** Declares a rule. */
export function rule<A extends Attributes = Attributes>(apply: Rule<A>['apply']): Rule<A> {
  return { apply };
}
