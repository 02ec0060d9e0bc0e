import { sizeOf } from '@attune/core';
import type { NodeContext, Rule } from './context.js';
import {
  Constant,
  force,
  Scaled,
  ScatteredRows,
  Segments,
  specOf,
  Square,
  SquaredNorm,
  type LoweredValue,
} from './values.js';
import type { OnnxValue } from '../writer/graph-writer.js';
import { elementwiseInputs } from './broadcast.js';
import { squaredNorm } from './squared-norm.js';

/** One node on one input. */
function unary(op: string): Rule {
  return ({ ops, inputs: [x] }) => [ops.unary(op, x!)];
}

/** One node on inputs that broadcast. */
function elementwise(op: string): Rule {
  return (c) => [c.writer.apply(op, elementwiseInputs(c), c.out)];
}

/** The smaller or larger of two, or NaN: as one node, or by comparing where the engine has no such node. */
function extremum(op: 'Min' | 'Max', comparison: 'Less' | 'Greater'): Rule {
  return (c) => {
    const [a, b] = elementwiseInputs(c) as [OnnxValue, OnnxValue];
    if (c.target !== 'webgpu') return [c.writer.apply(op, [a, b], c.out)];
    // A comparison with NaN is false, which takes b; so that only a NaN in a has to be kept.
    const chosen = c.ops.where(c.ops.binary(comparison, a, b, 'bool'), a, b);
    return [c.out.dtype === 'f32' ? c.ops.where(c.ops.equal(a, a), chosen, a) : chosen];
  };
}

/**
 * The operands of a node that multiplies a whole tensor by a scalar computed at run time; `undefined` for other
 * nodes.
 */
function scaling(c: NodeContext): { tensor: LoweredValue; scalar: LoweredValue } | undefined {
  const [a, b] = c.operands as [LoweredValue, LoweredValue];
  const [sizeA, sizeB] = [sizeOf(specOf(a).shape), sizeOf(specOf(b).shape)];
  if (c.out.dtype !== 'f32' || sizeOf(c.out.shape) === 1) return undefined;
  if (sizeB === 1 && specOf(b).shape.length === 0) return { tensor: a, scalar: b };
  if (sizeA === 1 && specOf(a).shape.length === 0) return { tensor: b, scalar: a };
  return undefined;
}

/** `tensor · factor`, to be written only if something reads it as it is. */
function scaled(c: NodeContext, tensor: LoweredValue, factor: () => OnnxValue, op: string): Scaled {
  const write = () => c.writer.apply(op, elementwiseInputs(c), c.out);
  if (!(tensor instanceof Scaled)) return new Scaled(force(tensor), factor, write);
  return new Scaled(tensor.base, () => c.ops.mul(tensor.factor(), factor()), write);
}

const mul: Rule = (c) => {
  const [a, b] = c.operands as [LoweredValue, LoweredValue];
  if (a === b) return [new Square(a, () => c.writer.apply('Mul', c.inputs, c.out))];
  const parts = scaling(c);
  if (!parts) return elementwise('Mul')(c);
  return [scaled(c, parts.tensor, () => force(parts.scalar), 'Mul')];
};

const div: Rule = (c) => {
  const parts = scaling(c);
  if (parts?.scalar !== c.operands[1] || !parts) return elementwise('Div')(c);
  return [scaled(c, parts.tensor, () => c.ops.unary('Reciprocal', force(parts.scalar)), 'Div')];
};

const add: Rule = (c) => {
  const [a, b] = c.operands as [LoweredValue, LoweredValue];
  if (a instanceof Segments && b instanceof Segments) {
    const joined = a.join(b);
    if (joined) return [joined];
  }
  if (b instanceof SquaredNorm && c.out.shape.length === 0) {
    if (a instanceof Constant && a.fill === 0) return [b];
    if (a instanceof SquaredNorm) return [squaredNorm(c.ops, [...a.of, ...b.of])];
  }
  if (b instanceof ScatteredRows && !(a instanceof ScatteredRows)) return [b.addTo(force(a))];
  if (a instanceof ScatteredRows) return [a.addTo(force(b))];
  return elementwise('Add')(c);
};

/** Without `And`, which not every provider has: a product of zeros and ones. */
const logicalAnd: Rule = (c) => {
  if (c.target !== 'webgpu') return elementwise('And')(c);
  const [a, b] = elementwiseInputs(c).map((value) => c.ops.cast(value, 'i32')) as [OnnxValue, OnnxValue];
  return [c.ops.cast(c.ops.mul(a, b), 'bool')];
};

export const elementwiseRules = {
  neg: unary('Neg'),
  abs: unary('Abs'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  rsqrt: ({ ops, inputs: [x] }) => [ops.unary('Reciprocal', ops.unary('Sqrt', x!))],
  tanh: unary('Tanh'),
  sigmoid: unary('Sigmoid'),
  erf: unary('Erf'),
  add,
  sub: elementwise('Sub'),
  mul,
  div,
  maximum: extremum('Max', 'Greater'),
  minimum: extremum('Min', 'Less'),
  equal: elementwise('Equal'),
  less: elementwise('Less'),
  lessEqual: elementwise('LessOrEqual'),
  logicalAnd,
  logicalNot: unary('Not'),
  select: elementwise('Where'),
  cast: ({ ops, inputs: [x], out }) => [ops.cast(x!, out.dtype)],
} satisfies Record<string, Rule>;
