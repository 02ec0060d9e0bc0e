import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { Allocate, NdArray } from '../interpreter/nd-array.js';
import type { TensorSpec } from '../tensor/index.js';

/** Static parameters of an op, e.g. the axes of a sum. JSON-serialisable; part of a program's fingerprint. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly number[] | undefined>>;

/** What a gradient rule sees. */
export interface GradContext<A extends Attributes = Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** The first output, for the many ops that have one. */
  readonly output: Tensor;
  readonly attrs: A;
  /** Gradient of the loss with respect to the first output. */
  readonly dOutput: Tensor;
}

/** An input of an op that holds indices. */
export interface IndexInput {
  /** Which input. */
  readonly input: number;
  /** Indices lie in `[0, limit)`. */
  readonly limit: number;
  /** The one other value that may stand there. */
  readonly ignored?: number;
}

/**
 * An op, whole: its shape rule, its gradient, what it is made of, and what it computes.
 *
 * @typeParam A the op's attributes.
 */
export interface OpDefinition<A extends Attributes = Attributes> {
  readonly name: string;
  /**
   * Specs of the outputs, from those of the inputs.
   *
   * @throws AttuneError SHAPE_MISMATCH, DTYPE_MISMATCH or INVALID_ARGUMENT.
   */
  infer(inputs: readonly TensorSpec[], attrs: A): readonly TensorSpec[];
  /** The input that holds indices, if one does. Those that are fed are checked before a run: engines may not notice. */
  indices?(inputs: readonly TensorSpec[], attrs: A): IndexInput;
  /**
   * Gradients with respect to the inputs, in ops of the graph, so that backends need no gradient support.
   * `undefined` for an input that has none (indices, masks). Missing where the op is itself a gradient.
   */
  grad?(g: GraphBuilder, context: GradContext<A>): readonly (Tensor | undefined)[];
  /** The same outputs from simpler ops, for engines that do not have this one. */
  decompose?(g: GraphBuilder, inputs: readonly Tensor[], attrs: A): readonly Tensor[];
  /** What the op computes, naively: the specification every backend is held against. */
  reference(inputs: readonly NdArray[], attrs: A, allocate: Allocate): readonly NdArray[];
}

/** Declares an op. It changes nothing: `ops/index.ts` is the one place that lists what exists. */
export function defineOp<A extends Attributes = Attributes>(definition: OpDefinition<A>): OpDefinition<A> {
  return definition;
}
