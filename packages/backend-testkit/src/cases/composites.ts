import type { Shape } from '@attune/core';
import { f32, f32Values, i32Values, type OpCase } from './op-case.js';

function rowwise(op: 'softmax' | 'logSoftmax', shape: Shape, range?: readonly [number, number]): OpCase {
  return {
    name: `${op} f32[${shape.join(', ')}]${range ? ` in [${range.join(', ')}]` : ''}`,
    inputs: { x: f32(shape, range) },
    compute: (g, { x }) => g[op](x!),
  };
}

function crossEntropy(shape: Shape, targets: readonly number[], ignoreIndex?: number): OpCase {
  return {
    name: `softmaxCrossEntropy f32[${shape.join(', ')}] targets ${targets.join()}${ignoreIndex === undefined ? '' : ` ignoring ${ignoreIndex}`}`,
    inputs: { logits: f32(shape, [-3, 3]), targets: i32Values(shape.slice(0, -1), targets) },
    compute: (g, { logits, targets: y }) => g.softmaxCrossEntropy(logits!, y!, ignoreIndex),
  };
}

function linearCrossEntropy(chunk: number): OpCase {
  return {
    name: `linearCrossEntropy of f32[5, 4] and f32[7, 4], ${chunk} rows at once`,
    inputs: {
      hidden: f32([5, 4], [-2, 2]),
      weight: f32([7, 4]),
      targets: i32Values([5], [6, 0, -100, 3, 3]),
      lossWeights: f32Values([5], [1, 0.5, 1, 0, 2]),
    },
    compute: (g, { hidden, weight, targets, lossWeights }) =>
      g.linearCrossEntropy(hidden!, weight!, targets!, lossWeights!, { chunk }),
  };
}

function layerNorm(shape: Shape, bias: boolean, range: readonly [number, number] = [-2, 2]): OpCase {
  const width = shape.at(-1)!;
  return {
    name: `layerNorm f32[${shape.join(', ')}] ${bias ? 'with' : 'without'} bias, in [${range.join(', ')}]`,
    inputs: { x: f32(shape, range), weight: f32([width], [0.5, 1.5]), ...(bias && { bias: f32([width]) }) },
    compute: (g, inputs) => g.layerNorm(inputs['x']!, inputs['weight']!, inputs['bias'], 1e-5),
  };
}

function rmsNorm(shape: Shape, range: readonly [number, number] = [-2, 2]): OpCase {
  return {
    name: `rmsNorm f32[${shape.join(', ')}] in [${range.join(', ')}]`,
    inputs: { x: f32(shape, range), weight: f32([shape.at(-1)!], [0.5, 1.5]) },
    compute: (g, { x, weight }) => g.rmsNorm(x!, weight!, 1e-6),
  };
}

function rope(shape: Shape, angles: Shape): OpCase {
  return {
    name: `rope f32[${shape.join(', ')}] by angles [${angles.join(', ')}]`,
    inputs: { x: f32(shape), cos: f32(angles), sin: f32(angles) },
    compute: (g, { x, cos, sin }) => g.rope(x!, cos!, sin!),
  };
}

function attention(shape: Shape, causal: boolean, scale?: number): OpCase {
  return {
    name: `attention f32[${shape.join(', ')}] ${causal ? 'causal' : 'full'}${scale ? ` scaled by ${scale}` : ''}`,
    inputs: { q: f32(shape, [-2, 2]), k: f32(shape, [-2, 2]), v: f32(shape) },
    compute: (g, { q, k, v }) => g.attention(q!, k!, v!, { causal, ...(scale && { scale }) }),
  };
}

/** A cache of 3 sequences of 5 tokens, and of 2 heads of 4. */
function cacheWrite(tokens: number, positions: readonly number[], rows?: readonly number[]): OpCase {
  const n = positions.length / tokens;
  return {
    name: `cacheWrite at ${positions.join()} ${rows ? `of rows ${rows.join()}` : 'of all rows'}, ${tokens} tokens each`,
    inputs: {
      ...{ cache: f32([3, 2, 5, 4]), columns: f32([n, 2, tokens, 4]) },
      positions: i32Values([n, tokens], positions),
      ...(rows && { rows: i32Values([n], rows) }),
    },
    compute: (g, { cache, columns, positions: at, rows: of }) => g.cacheWrite(cache!, columns!, at!, of),
  };
}

/** Four heads of queries on two of keys. */
function cachedAttention(
  tokens: number,
  positions: readonly number[],
  { rows, window = 0 }: { readonly rows?: readonly number[]; readonly window?: number } = {},
): OpCase {
  const n = positions.length / tokens;
  return {
    name: `cachedAttention from ${positions.join()} ${rows ? `of rows ${rows.join()}` : 'of all rows'}, window ${window}`,
    inputs: {
      ...{ q: f32([n, 4, tokens, 3], [-2, 2]), keys: f32([2, 2, 7, 3], [-2, 2]), values: f32([2, 2, 7, 3]) },
      positions: i32Values([n, tokens], positions),
      ...(rows && { rows: i32Values([n], rows) }),
    },
    compute: (g, { q, keys, values, positions: at, rows: of }) =>
      g.cachedAttention(q!, keys!, values!, at!, { rows: of, window }),
  };
}

const adamW = (weightDecay: number): OpCase => ({
  name: `adamW f32[3, 4] with decay ${weightDecay}`,
  inputs: {
    param: f32([3, 4]),
    grad: f32([3, 4]),
    expAvg: f32([3, 4]),
    expAvgSq: f32([3, 4], [0.01, 1]),
    learningRate: f32Values([], [0.01]),
    correction1: f32Values([], [1 - 0.9 ** 3]),
    correction2: f32Values([], [1 - 0.95 ** 3]),
  },
  compute: (g, inputs) =>
    g.applyAll('adamW', Object.values(inputs), { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay }),
  wrt: [],
});

/** Ops that are made of others, and that engines have fast paths for. */
export const compositeCases: readonly OpCase[] = [
  ...(['softmax', 'logSoftmax'] as const).flatMap((op) => [
    rowwise(op, [5]),
    rowwise(op, [1]),
    rowwise(op, [3, 7], [-4, 4]),
    rowwise(op, [2, 1, 3, 65], [-4, 4]),
    // Exponentials of these overflow float32, unless the row's maximum is subtracted first.
    rowwise(op, [2, 6], [100, 103]),
  ]),
  crossEntropy([3, 1], [0, 0, -100]),
  crossEntropy([4, 5], [0, 4, 2, 2]),
  crossEntropy([2, 3, 7], [6, 0, 1, 3, 3, 5]),
  crossEntropy([5, 4], [1, -100, 3, -100, 0]),
  crossEntropy([3, 4], [-1, 2, -1], -1),
  crossEntropy([2, 4], [-100, -100]),
  ...[1, 3, 8].map((chunk) => linearCrossEntropy(chunk)),
  // Of one channel nothing flows back to x: what comes is rounding noise, times 1 / √ε.
  { ...layerNorm([3, 1], true), wrt: ['weight', 'bias'] },
  layerNorm([8], true),
  layerNorm([3, 16], true),
  layerNorm([2, 3, 5], false),
  layerNorm([2, 1, 2, 7], true),
  layerNorm([4, 33], false, [5, 6]),
  rmsNorm([3, 1]),
  rmsNorm([8]),
  rmsNorm([3, 16]),
  rmsNorm([2, 3, 5]),
  rmsNorm([2, 1, 2, 7], [5, 6]),
  rope([3, 2], [3, 1]),
  rope([2, 5, 4], [5, 2]),
  rope([2, 3, 4, 6], [4, 3]),
  rope([2, 3, 4, 8], [2, 1, 4, 4]),
  attention([4, 3], true),
  attention([2, 5, 4], false),
  attention([2, 2, 6, 3], true),
  attention([1, 2, 1, 4], true),
  attention([2, 3, 7, 5], true, 0.2),
  cacheWrite(1, [4, -1, 0]),
  cacheWrite(2, [3, 4, 0, 1, 2, -1]),
  cacheWrite(3, [1, 2, 3, 4, 5, -1], [2, 0]),
  cacheWrite(1, [2], [1]),
  cachedAttention(1, [6, 0]),
  cachedAttention(1, [3], { rows: [1] }),
  cachedAttention(4, [0, 1, 2, 3, 3, 4, 5, 6]),
  cachedAttention(3, [4, 5, 6, 0, 1, -1], { rows: [1, 0], window: 2 }),
  {
    name: 'barrier f32[2, 3] after NaN',
    inputs: { x: f32([2, 3]), after: f32Values([2], [NaN, 1]) },
    compute: (g, { x, after }) => g.applyAll('barrier', [x!, after!])[0]!,
    wrt: ['x'],
  },
  {
    name: 'stopGradient f32[2, 3]',
    inputs: { x: f32([2, 3]) },
    compute: (g, { x }) => g.stopGradient(x!),
    wrt: [],
  },
  adamW(0.1),
  adamW(0),
];
