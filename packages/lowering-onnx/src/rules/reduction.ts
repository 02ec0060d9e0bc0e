import { sizeOf, type Shape } from '@attune/core';
import type { Rule } from './context.js';
import { Square } from './values.js';
import { squaredNorm } from './squared-norm.js';

const sum: Rule = (c) => {
  const [x] = c.operands;
  const axes = c.attr<Shape>('axes');
  if (sizeOf(c.out.shape) === 1 && x instanceof Square) {
    const norm = squaredNorm(c.ops, [x.of]);
    return [c.out.shape.length === 0 ? norm : c.ops.reshape(norm.force(), c.out.shape)];
  }
  return [c.ops.sum(c.inputs[0]!, axes, c.attr<boolean>('keepDims'))];
};

/** The largest element, or NaN where one is NaN: `ReduceMax` passes over NaN unless it comes first. */
const max: Rule = (c) => {
  const { ops } = c;
  const [x] = c.inputs;
  const [axes, keepDims] = [c.attr<Shape>('axes'), c.attr<boolean>('keepDims')];
  const isNaN = ops.cast(ops.unary('Not', ops.equal(x!, x!)), 'f32');
  const anyNaN = ops.cast(ops.max(isNaN, axes, keepDims), 'bool');
  return [ops.where(anyNaN, Number.NaN, ops.max(x!, axes, keepDims))];
};

export const reductionRules = { sum, max } satisfies Record<string, Rule>;
