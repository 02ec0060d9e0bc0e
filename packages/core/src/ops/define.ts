import type { Attributes } from '../graph/attributes.js';
import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import type { TensorSpec } from '../tensor/index.js';
import type { Allocate, NdArray } from '../tensor/nd-array.js';

/** The node that a gradient rule is asked about, and the gradient that it carries back. */
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
  /** Position among the inputs. */
  readonly input: number;
  /** Indices lie in `[0, limit)`. */
  readonly limit: number;
  /** The one other value that may stand there. */
  readonly ignored?: number;
}

/** Rules that a primitive has to have, and a composite may have. */
export interface OpRules<A extends Attributes> {
  readonly name: string;
  /** The input that holds indices, if one does. Those that are fed are checked before a run: engines may not notice. */
  indices?(inputs: readonly TensorSpec[], attrs: A): IndexInput;
  /**
   * Gradients with respect to the inputs, in ops of the graph, so that backends need no gradient support.
   * `undefined` for an input that has none (indices, masks).
   */
  grad?(g: Vocabulary, context: GradContext<A>): readonly (Tensor | undefined)[];
}

/**
 * An op that is made of no others: every engine has it.
 *
 * @typeParam A the op's attributes.
 */
export interface Primitive<A extends Attributes = Attributes> extends OpRules<A> {
  readonly kind: 'primitive';
  /**
   * Specs of the outputs, from those of the inputs.
   *
   * @throws AttuneError SHAPE_MISMATCH, DTYPE_MISMATCH or INVALID_ARGUMENT.
   */
  infer(inputs: readonly TensorSpec[], attrs: A): readonly TensorSpec[];
  /** Computes the op, naively: the specification every backend is held against. */
  reference(inputs: readonly NdArray[], attrs: A, allocate: Allocate): readonly NdArray[];
}

/**
 * A name for a body in other ops. An engine runs the op itself or, where it has no kernel for it, the body.
 *
 * @typeParam A the op's attributes.
 */
export interface Composite<A extends Attributes = Attributes> extends OpRules<A> {
  readonly kind: 'composite';
  /** Writes the outputs. The graph may be any: a trace, a program that is legalised, or the caller's own. */
  body(g: Vocabulary, inputs: readonly Tensor[], attrs: A): readonly Tensor[];
  /**
   * Checks the inputs before the body is traced, so that errors name the argument at fault.
   *
   * @throws AttuneError SHAPE_MISMATCH, DTYPE_MISMATCH or INVALID_ARGUMENT.
   */
  check?(inputs: readonly TensorSpec[], attrs: A): void;
}

/** Declares a primitive. It changes nothing: `ops/table.ts` is the one place that lists the ops. */
export function definePrimitive<A extends Attributes = Attributes>(
  rules: Omit<Primitive<A>, 'kind'>,
): Primitive<A> {
  return { kind: 'primitive', ...rules };
}

/**
 * Declares a composite: `defineComposite('silu', (g, [x]) => g.mul(x, g.sigmoid(x)))`.
 *
 * Its shapes follow from tracing the body, its reference from interpreting it in float64, and its gradient from
 * differentiating it. Give a `grad` where a better one is known: fewer ops, or one that keeps less in memory.
 *
 * @typeParam Inputs as the body takes them apart; one tensor, if it does not say.
 */
export function defineComposite<
  Inputs extends readonly (Tensor | undefined)[] = readonly [Tensor],
  A extends Attributes = Attributes,
>(
  name: string,
  body: (g: Vocabulary, inputs: Inputs, attrs: A) => Tensor | readonly Tensor[],
  rules: Pick<Composite<A>, 'check' | 'indices' | 'grad'> = {},
): Composite<A> {
  return {
    kind: 'composite',
    name,
    body: (g, inputs, attrs) => {
      const outputs = body(g, inputs as unknown as Inputs, attrs);
      return 'node' in outputs ? [outputs] : outputs;
    },
    ...rules,
  };
}
