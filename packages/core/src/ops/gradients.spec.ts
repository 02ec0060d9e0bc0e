import { opDefinition } from '../builder/index.js';
import type { NdArrays } from '../tensor/index.js';
import { array, gradientBothWays, integers, spread, type Compute } from '../testing/run.js';
import { opNames, type OpName } from './table.js';

const x = spread([2, 3], 0.2, 2);
const a = spread([2, 3]);
const b = spread([3], 0.3, 1.4);
const seed = integers([], [5]);
const mask = integers([2, 3], [1, 0, 0, 1, 1, 0]);

/** Every op with a gradient, at a point where it is smooth. */
const cases: Partial<Record<OpName, readonly [Compute, NdArrays]>> = {
  neg: [(g, { x }) => g.neg(x!), { x: a }],
  abs: [(g, { x }) => g.abs(x!), { x: a }],
  exp: [(g, { x }) => g.exp(x!), { x: a }],
  log: [(g, { x }) => g.log(x!), { x }],
  sqrt: [(g, { x }) => g.sqrt(x!), { x }],
  rsqrt: [(g, { x }) => g.rsqrt(x!), { x }],
  tanh: [(g, { x }) => g.tanh(x!), { x: a }],
  sigmoid: [(g, { x }) => g.sigmoid(x!), { x: a }],
  erf: [(g, { x }) => g.erf(x!), { x: a }],
  add: [(g, { a, b }) => g.add(a!, b!), { a, b }],
  sub: [(g, { a, b }) => g.sub(b!, a!), { a, b }],
  mul: [(g, { a, b }) => g.mul(a!, b!), { a, b }],
  div: [(g, { a, b }) => g.div(a!, b!), { a, b }],
  maximum: [(g, { a, b }) => g.maximum(a!, b!), { a, b }],
  minimum: [(g, { a, b }) => g.minimum(a!, b!), { a, b }],
  select: [(g, { c, a, b }) => g.select(g.cast(c!, 'bool'), a!, b!), { c: mask, a, b }],
  cast: [(g, { a, c }) => g.mul(a!, g.cast(c!, 'f32')), { a, c: mask }],
  reshape: [(g, { a }) => g.reshape(a!, [3, 2]), { a }],
  transpose: [(g, { a }) => g.transpose(a!, [1, 0]), { a }],
  broadcastTo: [(g, { b }) => g.broadcastTo(b!, [2, 2, 3]), { b }],
  slice: [(g, { a }) => g.slice(a!, [1, 0], [1, 2]), { a }],
  pad: [(g, { a }) => g.pad(a!, [0, 1], [1, 0]), { a }],
  concat: [(g, { a, x }) => g.concat([a!, x!, a!], 0), { a, x }],
  sum: [(g, { a }) => g.sum(a!, [0]), { a }],
  max: [(g, { a }) => g.max(a!, [1]), { a }],
  matmul: [(g, { a, w }) => g.matmul(a!, w!), { a, w: spread([3, 4]) }],
  gather: [(g, { a, ids }) => g.gather(a!, ids!), { a, ids: integers([4], [1, 0, 1, 1]) }],
  scatterAdd: [(g, { a, ids }) => g.scatterAdd(ids!, a!, 4), { a, ids: integers([2], [3, 3]) }],
  softmax: [(g, { a }) => g.softmax(a!), { a }],
  logSoftmax: [(g, { a }) => g.logSoftmax(a!), { a }],
  softmaxCrossEntropy: [(g, { a, y }) => g.softmaxCrossEntropy(a!, y!), { a, y: integers([2], [2, -100]) }],
  linearCrossEntropy: [
    (g, { h, w, y, m }) => g.linearCrossEntropy(h!, w!, y!, m!, { chunk: 2 }),
    {
      h: spread([3, 2]),
      w: spread([4, 2], 0, 2),
      y: integers([3], [3, -100, 1]),
      m: spread([3], 0.2, 1),
    },
  ],
  layerNorm: [(g, { a, b, w }) => g.layerNorm(a!, w!, b!), { a, b, w: spread([3]) }],
  gelu: [(g, { a }) => g.add(g.gelu(a!), g.gelu(a!, 'tanh')), { a }],
  rmsNorm: [(g, { a, w }) => g.rmsNorm(a!, w!, 1e-5), { a, w: spread([3]) }],
  silu: [(g, { a }) => g.silu(a!), { a }],
  rope: [
    (g, { x, cos, sin }) => g.rope(x!, cos!, sin!),
    { x: spread([2, 3, 4]), cos: spread([3, 2], 0, 1), sin: spread([2, 1, 2]) },
  ],
  attention: [
    (g, { q, k, v }) => g.attention(q!, k!, v!),
    { q: spread([3, 2]), k: spread([3, 2], 0, 2), v: a.reshape([3, 2]) },
  ],
  conv2d: [
    (g, { i, k }) => g.conv2d(i!, k!, { stride: [2, 1], padding: [1, 0] }),
    { i: spread([2, 2, 4, 3]), k: spread([3, 2, 3, 2], 0, 2) },
  ],
  maxPool2d: [(g, { i }) => g.maxPool2d(i!, 3, { stride: 2, padding: 1 }), { i: spread([2, 1, 5, 4]) }],
  avgPool2d: [(g, { i }) => g.avgPool2d(i!, 3, { stride: 2, padding: 1 }), { i: spread([2, 1, 5, 4]) }],
  batchNorm: [
    (g, { i, k, s }) => g.batchNorm(i!, k!, s!).y,
    { i: spread([3, 2, 2, 2]), k: spread([2], 0.5, 2), s: spread([2]) },
  ],
  barrier: [
    (g, { a, b }) => g.applyAll('barrier', [a!, g.stopGradient(g.cast(g.equal(b!, 0), 'f32'))])[0]!,
    { a, b },
  ],
  stopGradient: [(g, { a, c }) => g.mul(a!, g.stopGradient(g.cast(c!, 'f32'))), { a, c: mask }],
  dropout: [(g, { a, seed }) => g.dropout(a!, seed!, 0.5, 1), { a, seed }],
};

test('this table has every op that has a gradient', () => {
  expect(Object.keys(cases).sort()).toEqual(opNames.filter((op) => opDefinition(op).grad).sort());
});

test.each(Object.entries(cases))('the gradient of %s equals finite differences', (_op, [compute, inputs]) => {
  for (const [, rule, difference] of gradientBothWays(compute, inputs)) {
    rule.forEach((value, i) => expect(value).toBeCloseTo(difference[i]!, 7));
  }
});

describe('matmul', () => {
  test.each([
    ['aᵀ', [3, 2], [3, 4], { transposeA: true }],
    ['bᵀ', [2, 3], [4, 3], { transposeB: true }],
    ['aᵀ bᵀ', [3, 2], [4, 3], { transposeA: true, transposeB: true }],
    ['a batch', [2, 2, 3], [2, 3, 2], {}],
    ['a batch, bᵀ', [2, 2, 3], [2, 2, 3], { transposeB: true }],
    ['a batch with one matrix', [2, 2, 3], [3, 4], {}],
    ['a batch with one matrix, bᵀ', [2, 2, 3], [4, 3], { transposeB: true }],
  ])('the gradient of %s equals finite differences', (_name, left, right, flags) => {
    const inputs = { a: spread(left), b: spread(right, 0, 2) };
    for (const [, rule, difference] of gradientBothWays(
      (g, t) => g.matmul(t['a']!, t['b']!, flags),
      inputs,
    )) {
      rule.forEach((value, i) => expect(value).toBeCloseTo(difference[i]!, 7));
    }
  });
});

describe('where a function has a kink', () => {
  const at = (compute: Compute, inputs: NdArrays) =>
    Object.fromEntries(gradientBothWays(compute, inputs).map(([name, rule]) => [name, rule]));
  const ones = spread([1], 1, 1);

  test('max shares the gradient between equals', () => {
    const [first, second] = at((g, t) => g.max(t['x']!), { x: ones.reshape([1]) })['x']!.concat(
      at((g, t) => g.max(g.concat([t['x']!, t['y']!], 0)), { x: ones, y: ones })['x']!,
    );
    expect(second! / first!).toBeCloseTo(0.5);
  });

  test('maximum and minimum give it to the first', () => {
    for (const op of ['maximum', 'minimum'] as const) {
      const { x: toX, y: toY } = at((g, t) => g[op](t['x']!, t['y']!), { x: ones, y: ones });
      expect(toX![0]).not.toBe(0);
      expect(toY).toEqual([0]);
    }
  });

  test('maxPool2d gives it to the first, row by row', () => {
    const { x: toX } = at((g, t) => g.maxPool2d(t['x']!, 2), { x: array([1, 1, 2, 2], [0, 1, 1, 1]) });
    expect(toX!.map((value) => value !== 0)).toEqual([false, true, false, false]);
  });

  test('relu has none at 0', () => {
    const { x: toX } = at((g, t) => g.relu(t['x']!), { x: array([3], [-1, 0, 1]) });
    expect(toX!.map((value) => value !== 0)).toEqual([false, false, true]);
  });

  test('abs has none at 0', () => {
    expect(at((g, t) => g.abs(t['x']!), { x: spread([2], 0, 0) })['x']).toEqual([0, 0]);
  });
});
