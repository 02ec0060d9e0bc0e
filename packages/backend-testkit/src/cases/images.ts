import type { ConvolutionOptions, Extent, Shape } from '@attune/core';
import { f32, f32Values, type OpCase } from './op-case.js';

const described = ({ stride, padding }: ConvolutionOptions) =>
  `${stride === undefined ? '' : ` by steps of ${String(stride)}`}${padding === undefined ? '' : ` padded by ${String(padding)}`}`;

function conv2d(x: Shape, weight: Shape, options: ConvolutionOptions = {}): OpCase {
  return {
    name: `conv2d [${x.join(', ')}] with [${weight.join(', ')}]${described(options)}`,
    inputs: { x: f32(x), weight: f32(weight) },
    compute: (g, inputs) => g.conv2d(inputs['x']!, inputs['weight']!, options),
  };
}

function pool(
  op: 'maxPool2d' | 'avgPool2d',
  x: Shape,
  kernel: Extent,
  options: ConvolutionOptions = {},
): OpCase {
  return {
    name: `${op} [${x.join(', ')}] in windows of ${String(kernel)}${described(options)}`,
    inputs: { x: f32(x) },
    compute: (g, inputs) => g[op](inputs['x']!, kernel, options),
  };
}

function batchNorm(shape: Shape, range: readonly [number, number] = [-2, 2]): OpCase {
  const channels = [shape[1]!];
  return {
    name: `batchNorm f32[${shape.join(', ')}] in [${range.join(', ')}]`,
    inputs: { x: f32(shape, range), weight: f32(channels, [0.5, 1.5]), bias: f32(channels) },
    compute: (g, { x, weight, bias }) => g.batchNorm(x!, weight!, bias!).y,
  };
}

/** Convolution, pooling and batch normalisation: strides that leave a rest, paddings, sizes of 1. */
export const imageCases: readonly OpCase[] = [
  conv2d([2, 3, 5, 6], [4, 3, 3, 3]),
  conv2d([2, 1, 6, 6], [3, 1, 5, 5], { padding: 2 }),
  conv2d([1, 2, 7, 8], [3, 2, 3, 2], { stride: [2, 3], padding: [1, 0] }),
  conv2d([1, 2, 5, 5], [2, 2, 2, 2], { stride: 3 }),
  conv2d([2, 4, 3, 3], [2, 4, 1, 1], { stride: 2 }),
  conv2d([3, 1, 1, 1], [1, 1, 1, 1]),
  conv2d([1, 1, 2, 2], [2, 1, 3, 3], { padding: 1 }),
  conv2d([2, 1, 4, 5], [2, 1, 4, 5]),
  conv2d([1, 1, 9, 11], [1, 1, 7, 9], { padding: [3, 4] }),
  {
    name: 'conv2d of a conv2d',
    inputs: { x: f32([2, 1, 6, 6]), a: f32([3, 1, 3, 3]), b: f32([2, 3, 3, 3]) },
    compute: (g, { x, a, b }) => g.conv2d(g.tanh(g.conv2d(x!, a!, { padding: 1 })), b!, { stride: 2 }),
  },
  ...(['maxPool2d', 'avgPool2d'] as const).flatMap((op) => [
    pool(op, [2, 3, 4, 6], 2),
    pool(op, [1, 2, 5, 7], 2),
    pool(op, [1, 2, 7, 6], [3, 2], { stride: [2, 1], padding: 1 }),
    pool(op, [2, 1, 6, 7], 2, { stride: 3 }),
    pool(op, [2, 2, 3, 3], 3),
    pool(op, [1, 3, 2, 4], 1),
  ]),
  {
    name: 'maxPool2d of ties gives the gradient to the first',
    inputs: { x: f32Values([1, 1, 3, 4], [1, 1, 0, 2, 1, 1, 2, 2, -1, 1, 2, 0]) },
    compute: (g, { x }) => g.maxPool2d(x!, 2, { stride: 1 }),
    kink: true,
  },
  batchNorm([4, 3, 2, 5]),
  batchNorm([6, 4]),
  batchNorm([2, 1, 3, 3]),
  batchNorm([3, 2, 7, 6], [5, 6]),
  {
    name: 'batchNorm: mean and variance of the batch',
    inputs: { x: f32([3, 2, 4, 3], [1, 4]), weight: f32([2]), bias: f32([2]) },
    compute: (g, { x, weight, bias }) => {
      const { mean, variance } = g.batchNorm(x!, weight!, bias!);
      return [mean, variance];
    },
    wrt: [],
  },
];
