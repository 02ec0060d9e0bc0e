import { AttuneError } from '../errors/index.js';
import type { Attributes } from '../graph/attributes.js';
import type { Tensor } from '../graph/tensor.js';
import type { Composite, GradContext, IndexInput, Primitive } from '../ops/define.js';
import { ops, type OpName } from '../ops/table.js';
import type { TensorSpec } from '../tensor/index.js';
import type { Allocate, NdArray } from '../tensor/nd-array.js';
import type { GraphBuilder } from './builder.js';
import { bodyGradients, bodyIndices, bodyReference, bodySpecs } from './derive.js';
import { traceOf, type Trace } from './trace.js';

/** Everything about an op, be it written down or derived from a body. */
export interface OpDefinition {
  readonly name: OpName;
  /**
   * Specs of the outputs, from those of the inputs.
   *
   * @throws AttuneError SHAPE_MISMATCH, DTYPE_MISMATCH or INVALID_ARGUMENT.
   */
  infer(inputs: readonly TensorSpec[], attrs: Attributes): readonly TensorSpec[];
  /** The input that holds indices, if one does. */
  indices(inputs: readonly TensorSpec[], attrs: Attributes): IndexInput | undefined;
  /** Computes the op: the specification every backend is held against. */
  reference(inputs: readonly NdArray[], attrs: Attributes, allocate: Allocate): readonly NdArray[];
  /** The rule for the gradient of the first output, where one is given. */
  grad?(g: GraphBuilder, context: GradContext): readonly (Tensor | undefined)[];
  /** The gradient of all outputs, by differentiating the body. Composites have it, with a rule or without. */
  derivedGrad?(
    g: GraphBuilder,
    inputs: readonly Tensor[],
    attrs: Attributes,
    dOutputs: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[];
  /** The op in other ops, for engines that have no kernel for it: written once for inputs of these specs. Composites have it. */
  body?(inputs: readonly TensorSpec[], attrs: Attributes): Trace;
}

/** True if there is an op of this name. */
export function isOpName(name: string): name is OpName {
  return Object.hasOwn(ops, name);
}

/** Definitions that were asked for before. */
const definitions = new Map<OpName, OpDefinition>();

/** @throws AttuneError INVALID_ARGUMENT if there is no op of this name. */
export function opDefinition(name: string): OpDefinition {
  if (!isOpName(name)) throw new AttuneError('INVALID_ARGUMENT', `There is no op "${name}".`);
  const known = definitions.get(name);
  if (known) return known;
  const op = ops[name] as Primitive | Composite;
  const definition = op.kind === 'primitive' ? primitive(name, op) : composite(name, op);
  definitions.set(name, definition);
  return definition;
}

function primitive(name: OpName, op: Primitive): OpDefinition {
  return {
    name,
    infer: op.infer,
    indices: (inputs, attrs) => op.indices?.(inputs, attrs),
    reference: op.reference,
    ...(op.grad && { grad: op.grad }),
  };
}

function composite(name: OpName, op: Composite): OpDefinition {
  return {
    name,
    infer: (inputs, attrs) => bodySpecs(op, inputs, attrs),
    indices: op.indices ?? ((inputs, attrs) => bodyIndices(op, inputs, attrs)),
    reference: (inputs, attrs, allocate) => bodyReference(op, inputs, attrs, allocate),
    ...(op.grad && { grad: op.grad }),
    derivedGrad: (g, inputs, attrs, dOutputs) => bodyGradients(op, g, inputs, attrs, dOutputs),
    body: (inputs, attrs) => traceOf(op, inputs, attrs),
  };
}
