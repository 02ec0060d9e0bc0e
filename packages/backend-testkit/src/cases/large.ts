import type { Shape } from '@attune/core';
import { f32, i32, i32Values, type CaseInput, type OpCase } from './op-case.js';
import { products } from './matmul.js';

const large = (
  name: string,
  inputs: OpCase['inputs'],
  compute: OpCase['compute'],
  wrt?: string[],
): OpCase => ({
  name: `large: ${name}`,
  inputs,
  compute,
  large: true,
  ...(wrt && { wrt }),
});

/** Sizes of a thread group and of a tile are powers of 2: one row that is longer than 1,024, and more rows than that. */
const rowShapes: readonly Shape[] = [
  [3, 2051],
  [1031, 3],
];

const rows = (shape: Shape, range: readonly [number, number] = [-2, 2]): CaseInput => f32(shape, range);
const text = (shape: Shape) => `f32[${shape.join(', ')}]`;

const rowwise = rowShapes.flatMap((shape): OpCase[] => {
  const width = shape.at(-1)!;
  const weight = f32([width], [0.5, 1.5]);
  const targets = i32([shape[0]!], [0, width]);
  return [
    large(`softmax ${text(shape)}`, { x: rows(shape) }, (g, { x }) => g.softmax(x!)),
    large(`logSoftmax ${text(shape)}`, { x: rows(shape) }, (g, { x }) => g.logSoftmax(x!)),
    large(`layerNorm ${text(shape)}`, { x: rows(shape), weight, bias: f32([width]) }, (g, inputs) =>
      g.layerNorm(inputs['x']!, inputs['weight']!, inputs['bias']),
    ),
    large(`rmsNorm ${text(shape)}`, { x: rows(shape), weight }, (g, inputs) =>
      g.rmsNorm(inputs['x']!, inputs['weight']!, 1e-6),
    ),
    large(`softmaxCrossEntropy ${text(shape)}`, { x: rows(shape), targets }, (g, { x, targets: y }) =>
      g.softmaxCrossEntropy(x!, y!),
    ),
    ...(['sum', 'mean', 'max'] as const).flatMap((op) =>
      [0, 1].map((axis) =>
        large(`${op} ${text(shape)} over [${axis}]`, { x: rows(shape) }, (g, { x }) => g[op](x!, [axis])),
      ),
    ),
    large(`transpose ${text(shape)}`, { x: rows(shape) }, (g, { x }) => g.transpose(x!, [1, 0])),
  ];
});

function attention(shape: Shape, causal: boolean): OpCase {
  return large(
    `attention ${text(shape)} ${causal ? 'causal' : 'full'}`,
    { q: f32(shape), k: f32(shape), v: f32(shape) },
    (g, { q, k, v }) => g.attention(q!, k!, v!, { causal }),
  );
}

/** Sizes of products beyond one tile, with remainders in each direction. */
const matrices: readonly OpCase[] = [
  { m: 35, k: 131, n: 137 },
  { batch: [2], m: 5, k: 129, n: 130 },
  { m: 3, k: 521, n: 5 },
  { m: 5, k: 3, n: 521 },
  { m: 521, k: 5, n: 3 },
].flatMap((sizes) => products(sizes).map((one) => ({ ...one, large: true })));

/** Sizes beyond one tile, one thread group, one warp: where kernels go wrong at the remainder. */
export const largeCases: readonly OpCase[] = [
  ...matrices,
  ...rowwise,
  // Heads wider than 128 numbers, and rows of more than 64 positions.
  attention([1, 2, 5, 136], true),
  attention([2, 3, 259], false),
  attention([1, 70, 12], true),
  large(
    'gather f32[1031, 3] by i32[1100]',
    { table: f32([1031, 3]), ids: i32([1100], [0, 1031]) },
    (g, { table, ids }) => g.gather(table!, ids!),
  ),
  large(
    'scatterAdd i32[1100] f32[1100, 3] into 1031 rows',
    { ids: i32([1100], [0, 1031]), x: f32([1100, 3]) },
    (g, { ids, x }) => g.scatterAdd(ids!, x!, 1031),
  ),
  large(
    'gather f32[3, 1100] by i32[4]',
    { table: f32([3, 1100]), ids: i32Values([4], [2, 0, 2, 1]) },
    (g, { table, ids }) => g.gather(table!, ids!),
  ),
];
