import type { GraphBuilder, Tensor } from '@attune/core';
import { f32, f32Values, i32Values, type CaseInput, type OpCase } from './op-case.js';

type Unary = (g: GraphBuilder, x: Tensor) => Tensor;

/** From where nothing is flat yet to where an exponential in float32 has long overflowed, which it does at 88.8. */
const points = [
  -3e4, -200, -100, -88, -45, -20, -9, -4.5, -1, 0, 0.5, 4.25, 8.5, 17, 30, 44.5, 89, 100, 200, 3e4,
];

const unary: Readonly<Record<string, Unary>> = {
  tanh: (g, x) => g.tanh(x),
  sigmoid: (g, x) => g.sigmoid(x),
  erf: (g, x) => g.erf(x),
  silu: (g, x) => g.silu(x),
  'gelu exact': (g, x) => g.gelu(x, 'none'),
  'gelu tanh': (g, x) => g.gelu(x, 'tanh'),
};

/** Logits of a model that is sure of itself, and of one that has lost its way. */
const wide = [-200, 200] as const;
const targets = i32Values([6], [0, 4, 2, 2, -100, 1]);

/** Some numbers about `top`, and one that is `low`. */
const near = (top: number, low: number) => [top, top - 1, low, top - 0.5, top - 2.25];

/**
 * Whole numbers, so that scores are exact however operands are rounded: an error of a hundredth of a score of 300 is
 * another distribution. Neighbouring rows differ in one number, so that no row has a single winner.
 */
function whole(seed: number): CaseInput {
  const values = Array.from({ length: 96 }, (_, i) => {
    const [row, column] = [Math.floor(i / 8), i % 8];
    const same = (((row >> 1) * 29 + column * 11 + seed * 7) % 19) - 9;
    return row % 2 === 1 && column === seed ? same + 1 : same;
  });
  return f32Values([2, 6, 8], values);
}

/** Inputs far out, whose results are finite and within float32: where a formula overflows on its way there. */
export const extremeCases: readonly OpCase[] = [
  ...Object.entries(unary).map(([name, compute]): OpCase => ({
    name: `${name} far from 0`,
    inputs: { x: f32Values([points.length], points) },
    compute: (g, { x }) => compute(g, x!),
  })),
  ...(['softmax', 'logSoftmax'] as const).flatMap((op): OpCase[] => [
    {
      name: `${op} f32[4, 5] in [-400, 200]`,
      // Neighbours are close: of rows with one winner, the gradient is rounding noise.
      inputs: {
        x: f32Values([4, 5], [...near(200, -200), ...near(-200, -400), ...near(88, -88), ...near(150, 0)]),
      },
      compute: (g, { x }) => g[op](x!),
    },
    {
      name: `${op} f32[3, 4] of rows far below and above 0`,
      inputs: {
        x: f32Values([3, 4], [-3e4, -3e4, -29_999, -30_001, 3e4, 29_990, 3e4, 29_999, 0, -150, 150, 1]),
      },
      compute: (g, { x }) => g[op](x!),
    },
  ]),
  {
    name: 'softmaxCrossEntropy f32[6, 5] in [-200, 200]',
    inputs: { logits: f32([6, 5], wide), targets },
    compute: (g, { logits, targets: y }) => g.softmaxCrossEntropy(logits!, y!),
  },
  {
    name: 'softmaxCrossEntropy f32[3, 4] of logits that are all far from 0',
    inputs: {
      logits: f32Values([3, 4], [-1000, -1001, -1003, -999, 2000, 2001, 1990, 2000, 95, 0, -95, 90]),
      targets: i32Values([3], [2, 1, 2]),
    },
    compute: (g, { logits, targets: y }) => g.softmaxCrossEntropy(logits!, y!),
  },
  {
    name: 'linearCrossEntropy with logits in [-300, 300]',
    inputs: {
      hidden: f32([6, 4], [-20, 20]),
      weight: f32([5, 4], [-4, 4]),
      targets,
      lossWeights: f32Values([6], [1, 0.5, 1, 0, 2, 1]),
    },
    compute: (g, { hidden, weight, targets: y, lossWeights }) =>
      g.linearCrossEntropy(hidden!, weight!, y!, lossWeights!, { chunk: 4 }),
  },
  ...[true, false].map((causal): OpCase => ({
    name: `attention f32[2, 6, 8] ${causal ? 'causal' : 'full'}, of scores in the hundreds`,
    inputs: { q: whole(1), k: whole(2), v: f32([2, 6, 8]) },
    compute: (g, { q, k, v }) => g.attention(q!, k!, v!, { causal }),
  })),
];
