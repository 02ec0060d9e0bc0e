import type { Shape } from '@attune/core';
import { f32, f32Values, type OpCase } from './op-case.js';

type Reduction = 'sum' | 'max' | 'mean';

function reduction(op: Reduction, shape: Shape, axes?: readonly number[], keepDims = false): OpCase {
  const over = axes ? `[${axes.join(', ')}]` : 'all axes';
  return {
    name: `${op} f32[${shape.join(', ')}] over ${over}${keepDims ? ', kept' : ''}`,
    inputs: { x: f32(shape) },
    compute: (g, { x }) => g[op](x!, axes, keepDims),
  };
}

/** Sums, means and maxima along axes. */
export const reductionCases: readonly OpCase[] = [
  ...(['sum', 'max', 'mean'] as const).flatMap((op) => [
    reduction(op, [7]),
    reduction(op, [1]),
    reduction(op, [3, 5], [0]),
    reduction(op, [3, 5], [1]),
    reduction(op, [3, 5], [-1], true),
    reduction(op, [2, 3, 4], [1]),
    reduction(op, [2, 3, 4], [0, 2], true),
    reduction(op, [2, 3, 4], [2, 0]),
    reduction(op, [2, 1, 3, 2], [0, 1, 3]),
    reduction(op, [2, 2, 1, 3, 2], [1, 3]),
    reduction(op, [2, 3]),
  ]),
  { name: 'sum f32[70, 33] over [0]', inputs: { x: f32([70, 33]) }, compute: (g, { x }) => g.sum(x!, [0]) },
  {
    name: 'max of ties shares the gradient',
    inputs: { x: f32Values([2, 4], [3, 1, 3, 3, -1, -1, -5, -2]) },
    compute: (g, { x }) => g.max(x!, [1]),
    kink: true,
  },
  {
    name: 'max of negative numbers',
    inputs: { x: f32([3, 4], [-9, -8]) },
    compute: (g, { x }) => g.max(x!, [-1]),
  },
];
