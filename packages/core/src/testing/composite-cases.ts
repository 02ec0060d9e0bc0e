import type { CompositeName } from '../ops/table.js';
import { NdArray, type NdArrays } from '../tensor/index.js';
import { array, integers, spread, type Compute } from './run.js';

const x = spread([2, 3], -2, 2);
const image = spread([2, 2, 6, 5], -2, 2);

/** Each composite, applied to inputs where it is smooth. The type makes the table total. */
export const compositeCases: Readonly<Record<CompositeName, readonly [Compute, NdArrays]>> = {
  rsqrt: [(g, { x }) => g.rsqrt(x!), { x: spread([4], 0.1, 3) }],
  softmax: [(g, { x }) => g.softmax(x!), { x }],
  logSoftmax: [(g, { x }) => g.logSoftmax(x!), { x }],
  softmaxCrossEntropy: [(g, { x, y }) => g.softmaxCrossEntropy(x!, y!), { x, y: integers([2], [2, -100]) }],
  softmaxCrossEntropyGrad: [
    (g, { x, y, d }) => g.applyAll('softmaxCrossEntropyGrad', [x!, y!, d!], { ignoreIndex: -100 })[0]!,
    { x, y: integers([2], [2, -100]), d: spread([2]) },
  ],
  linearCrossEntropy: [
    (g, { h, w, y, m }) =>
      g.concat(
        g
          .applyAll('linearCrossEntropy', [h!, w!, y!, m!], { chunk: 2, ignoreIndex: -100 })
          .map((t) => g.reshape(t, [-1])),
        0,
      ),
    {
      h: spread([5, 3]),
      w: spread([4, 3], 0, 2),
      y: integers([5], [3, 0, -100, 1, 2]),
      m: spread([5], 0.2, 1),
    },
  ],
  layerNorm: [(g, { x, w }) => g.layerNorm(x!, w!, w!), { x, w: spread([3]) }],
  layerNormGrad: [
    (g, { x, w, d }) =>
      g.concat(
        g.applyAll('layerNormGrad', [x!, w!, d!], { epsilon: 1e-5 }).map((t) => g.reshape(t, [-1])),
        0,
      ),
    { x, w: spread([3]), d: spread([2, 3]) },
  ],
  gelu: [(g, { x }) => g.add(g.gelu(x!), g.gelu(x!, 'tanh')), { x }],
  geluGrad: [
    (g, { x }) =>
      g.add(
        ...((['none', 'tanh'] as const).map(
          (approximate) => g.applyAll('geluGrad', [x!, x!], { approximate })[0]!,
        ) as [never, never]),
      ),
    { x },
  ],
  rmsNorm: [(g, { x, w }) => g.rmsNorm(x!, w!, 1e-5), { x, w: spread([3]) }],
  rmsNormGrad: [
    (g, { x, w }) =>
      g.concat(
        g.applyAll('rmsNormGrad', [x!, w!, g.mul(x!, 2)], { epsilon: 1e-5 }).map((t) => g.reshape(t, [-1])),
        0,
      ),
    { x, w: spread([3]) },
  ],
  silu: [(g, { x }) => g.silu(x!), { x }],
  rope: [(g, { q, c }) => g.rope(q!, c!, g.square(c!)), { q: spread([2, 4, 6]), c: spread([4, 3], 0, 1) }],
  attention: [
    (g, { q, v }) => g.add(g.attention(q!, v!, q!), g.attention(q!, v!, q!, { causal: false })),
    { q: spread([2, 4, 3]), v: spread([2, 4, 3], 0, 2) },
  ],
  attentionGrad: [
    (g, { q, v }) => g.concat(g.applyAll('attentionGrad', [q!, v!, q!, v!], { causal: true, scale: 0.5 }), 0),
    { q: spread([2, 4, 3]), v: spread([2, 4, 3], 0, 2) },
  ],
  cacheWrite: [
    (g, { c, k, p, r }) => g.add(g.cacheWrite(c!, k!, p!, r), g.cacheWrite(c!, k!, p!)),
    {
      ...{ c: spread([2, 2, 4, 3]), k: spread([2, 2, 2, 3], 0, 2) },
      ...{ p: integers([2, 2], [2, 3, 1, -1]), r: integers([2], [1, 0]) },
    },
  ],
  cachedAttention: [
    (g, { q, k, p, r }) =>
      g.add(g.cachedAttention(q!, k!, k!, p!, { rows: r }), g.cachedAttention(q!, k!, k!, p!, { window: 2 })),
    {
      ...{ q: spread([2, 2, 2, 3]), k: spread([2, 1, 4, 3], 0, 2) },
      ...{ p: integers([2, 2], [2, 3, 0, 1]), r: integers([2], [1, 0]) },
    },
  ],
  conv2d: [
    (g, { i, k }) => g.conv2d(i!, k!, { stride: [2, 1], padding: [1, 2] }),
    { i: image, k: spread([3, 2, 3, 2]) },
  ],
  conv2dInputGrad: [
    (g, { d, k }) =>
      g.applyAll('conv2dInputGrad', [d!, k!], { stride: [2, 1], padding: [1, 2], size: [6, 5] })[0]!,
    { d: spread([2, 3, 3, 8]), k: spread([3, 2, 3, 2]) },
  ],
  conv2dWeightGrad: [
    (g, { i, d }) =>
      g.applyAll('conv2dWeightGrad', [i!, d!], { stride: [2, 1], padding: [1, 2], kernel: [3, 2] })[0]!,
    { i: image, d: spread([2, 3, 3, 8]) },
  ],
  maxPool2d: [(g, { i }) => g.maxPool2d(i!, [3, 2], { stride: 2, padding: 1 }), { i: image }],
  maxPool2dGrad: [
    (g, { i, d }) =>
      g.applyAll('maxPool2dGrad', [i!, d!], { kernel: [3, 2], stride: [2, 1], padding: [1, 1] })[0]!,
    // Rounded, so that there are ties.
    { i: new NdArray(image.shape, 'f32', image.data.map(Math.round)), d: spread([2, 2, 3, 6]) },
  ],
  avgPool2d: [(g, { i }) => g.avgPool2d(i!, [3, 2], { stride: [2, 1], padding: 1 }), { i: image }],
  batchNorm: [
    (g, { i, w }) => {
      const { y, mean, variance } = g.batchNorm(i!, w!, w!);
      return g.concat([g.reshape(y, [-1]), mean, variance], 0);
    },
    { i: image, w: spread([2]) },
  ],
  batchNormGrad: [
    (g, { i, w, d }) =>
      g.concat(
        g.applyAll('batchNormGrad', [i!, w!, d!], { epsilon: 1e-5 }).map((t) => g.reshape(t, [-1])),
        0,
      ),
    { i: image, w: spread([2]), d: spread([2, 2, 6, 5], 0, 1) },
  ],
  barrier: [(g, { x }) => g.applyAll('barrier', [x!, g.exp(x!)])[0]!, { x }],
  stopGradient: [(g, { x }) => g.stopGradient(x!), { x }],
  dropout: [(g, { x, seed }) => g.dropout(x!, seed!, 0.5, 3), { x, seed: integers([], [9]) }],
  adamW: [
    (g, { p, v, one }) => {
      const attrs = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 };
      return g.concat(g.applyAll('adamW', [p!, p!, p!, v!, one!, one!, one!], attrs), 0);
    },
    { p: spread([3]), v: spread([3], 0.1, 1), one: array([], [0.5]) },
  ],
};
