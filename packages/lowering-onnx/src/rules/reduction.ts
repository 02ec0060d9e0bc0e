import { sizeOf, type Shape } from '@attune/core';
import type { Rule } from '../context.js';
import { Square } from '../values.js';
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

export const reductionRules = {
  sum,
  max: (c) => [c.ops.max(c.inputs[0]!, c.attr<Shape>('axes'), c.attr<boolean>('keepDims'))],
} satisfies Record<string, Rule>;
