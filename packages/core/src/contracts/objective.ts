import type { GraphBuilder } from '../builder/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { TensorSpecs } from '../tensor/index.js';
import type { BatchTensors, ModelOutputs, Parameter } from './model.js';

/**
 * A loss, as a sum and a count: the loss is `numerator / count`. Kept apart, so that micro-batches add up to exactly the
 * loss of the whole step.
 */
export interface LossTerms {
  /** f32 scalar. */
  readonly numerator: Tensor;
  /** f32 scalar: how many targets carry loss. */
  readonly count: Tensor;
}

/** The quantity that training minimises. */
export interface Loss {
  readonly name: string;
  build(g: GraphBuilder, outputs: ModelOutputs, batch: BatchTensors): LossTerms;
}

/** A learning rate that depends on the iteration, counted from 0. */
export type Schedule = (iteration: number) => number;

/** How parameters follow their gradients. */
export interface Optimizer {
  readonly name: string;
  /** Plain data, for checkpoints and logs. */
  readonly config: Readonly<Record<string, number | boolean>>;
  readonly learningRate: Schedule;
  /** Tensors kept for a parameter from step to step, e.g. `exp_avg.<name>`; they begin as zeros. */
  slots(parameter: Parameter): TensorSpecs;
  /** Scalars fed to every step, by name, e.g. `learningRate`, for iteration 0, 1, 2, … */
  scalars(iteration: number): Readonly<Record<string, number>>;
  /**
   * Writes the update of one parameter.
   *
   * @param grad f32, of the parameter's shape.
   * @param slots the tensors named by `slots(parameter)`, under the same names.
   * @param scalars the scalars named by `scalars`, as f32 tensors.
   * @returns the new parameter, and the new slots by name.
   */
  update(
    g: GraphBuilder,
    parameter: Parameter,
    value: Tensor,
    grad: Tensor,
    slots: Readonly<Record<string, Tensor>>,
    scalars: Readonly<Record<string, Tensor>>,
  ): { readonly value: Tensor; readonly slots: Readonly<Record<string, Tensor>> };
}
