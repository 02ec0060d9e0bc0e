import type { Shape } from '@attune/core';
import { f32, i32Values, type OpCase } from './op-case.js';

function bernoulli(seed: number, shape: Shape, p: number, stream: number): OpCase {
  return {
    name: `bernoulli [${shape.join(', ')}] p ${p} seed ${seed} stream ${stream}`,
    inputs: { seed: i32Values([], [seed]) },
    compute: (g, inputs) => g.bernoulli(inputs['seed']!, shape, p, stream),
  };
}

function dropout(shape: Shape, p: number, stream: number): OpCase {
  return {
    name: `dropout [${shape.join(', ')}] p ${p} stream ${stream}`,
    inputs: { x: f32(shape), seed: i32Values([], [1234]) },
    compute: (g, { x, seed }) => g.dropout(x!, seed!, p, stream),
  };
}

/** Random masks: seeds and streams at the ends of their range, sizes that are no multiple of a Philox block. */
export const randomCases: readonly OpCase[] = [
  bernoulli(0, [4], 0.5, 0),
  bernoulli(1337, [3, 5], 0.1, 7),
  bernoulli(-1, [2, 3, 11], 0.9, 1),
  bernoulli(2 ** 31 - 1, [1], 0.5, 2 ** 31 - 1),
  bernoulli(5, [1001], 0.2, 3),
  dropout([6], 0.5, 0),
  dropout([2, 3, 7], 0.1, 5),
  dropout([1, 63], 0.9, 2),
  {
    name: 'two dropouts of one tensor are independent',
    inputs: { x: f32([40]), seed: i32Values([], [7]) },
    compute: (g, { x, seed }) => g.add(g.dropout(x!, seed!, 0.5, 0), g.dropout(x!, seed!, 0.5, 1)),
  },
];
