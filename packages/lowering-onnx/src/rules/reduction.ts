import { sizeOf, type Shape } from '@attune/core';
import type { NodeContext, Rule } from '../context.js';
import { force, Scaled, Square, type LoweredValue } from '../values.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/** The sum of all squares, scalars taken out first: `Σ (s·x)² = s² · Σ x²`. */
function sumOfSquares(c: NodeContext, of: LoweredValue): OnnxValue {
  const { ops } = c;
  const base = of instanceof Scaled ? of.base : force(of);
  const squares = ops.mul(base, base);
  const total = ops.sum(
    squares,
    base.shape.map((_, axis) => axis),
    false,
  );
  const plain = ops.reshape(total, c.out.shape);
  return of instanceof Scaled ? ops.mul(plain, ops.mul(of.factor(), of.factor())) : plain;
}

const sum: Rule = (c) => {
  const [x] = c.operands;
  const axes = c.attr<Shape>('axes');
  const all = sizeOf(c.out.shape) === 1;
  if (all && x instanceof Square) return [sumOfSquares(c, x.of)];
  return [c.ops.sum(c.inputs[0]!, axes, c.attr<boolean>('keepDims'))];
};

export const reductionRules = {
  sum,
  max: (c) => [c.ops.max(c.inputs[0]!, c.attr<Shape>('axes'), c.attr<boolean>('keepDims'))],
} satisfies Record<string, Rule>;
