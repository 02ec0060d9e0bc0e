import { interpret, NdArray, type NdArrays } from '../interpreter/index.js';
import { opDefinition, opNames, type OpName } from '../ops/index.js';
import { array, integers, spread, type Compute } from '../testing/run.js';
import { gradients } from './autodiff.js';
import { GraphBuilder } from './builder.js';
import { decompose } from './decompose.js';
import { labelOf, opNodes } from './program.js';
import { verify } from './verify.js';

const x = spread([2, 3], -2, 2);
const image = spread([2, 2, 6, 5], -2, 2);
const everything = () => true;

/** Every op that is made of others. */
const composites: Partial<Record<OpName, readonly [Compute, NdArrays]>> = {
  rsqrt: [(g, { x }) => g.rsqrt(x!), { x: spread([4], 0.1, 3) }],
  erf: [(g, { x }) => g.erf(x!), { x: spread([40], -4, 4) }],
  scatterAdd: [(g, { i, x }) => g.scatterAdd(i!, x!, 5), { i: integers([2], [3, 3]), x }],
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

test('this table has every op that has a decomposition', () => {
  expect(Object.keys(composites).sort()).toEqual(opNames.filter((op) => opDefinition(op).decompose).sort());
});

test.each(Object.entries(composites))('%s equals its decomposition', (op, [compute, inputs]) => {
  const g = new GraphBuilder(op);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, g.feed(name, value)]),
  );
  g.output('result', compute(g, feeds));
  const whole = g.build();
  const parts = decompose(whole, everything);
  verify(parts);
  expect(opNodes(parts).filter(({ op }) => opDefinition(op).decompose)).toEqual([]);
  const [a, b] = [whole, parts].map(
    (program) => interpret(program, { feeds: inputs }, 'f64').outputs['result']!,
  );
  expect(b!.shape).toEqual(a!.shape);
  // erf's polynomial is good to 1.5e-7; everything else is exact.
  const digits = ['erf', 'gelu', 'geluGrad'].includes(op) ? 6 : 12;
  a!.data.forEach((value: number, i: number) => expect(b!.data[i]).toBeCloseTo(value, digits));
});

test('only what is named is taken apart', () => {
  const g = new GraphBuilder('some');
  const input = g.feed('x', { shape: [2, 3], dtype: 'f32' });
  g.output('y', g.softmax(g.gelu(input)));
  const ops = decompose(g.build(), ({ op }) => op === 'softmax').nodes.map(labelOf);
  expect(ops).toEqual(['feed', 'gelu', 'max', 'sub', 'exp', 'sum', 'div']);
});

test('forward and backward share their work: logSoftmax is computed once', () => {
  const g = new GraphBuilder('loss');
  const logits = g.feed('logits', { shape: [4, 5], dtype: 'f32' });
  const loss = g.sum(g.softmaxCrossEntropy(logits, g.feed('y', { shape: [4], dtype: 'i32' })));
  g.output('loss', loss);
  g.output('grad', gradients(g, loss, [logits])[0]!);
  const nodes = decompose(g.build(), everything).nodes;
  const count = (op: OpName) => nodes.filter((node) => node.op === op).length;
  expect([count('max'), count('log')]).toEqual([1, 1]);
});

test('names, inputs, updates and the guard stay', () => {
  const g = new GraphBuilder('named');
  const w = g.state('w', { shape: [2, 3], dtype: 'f32' });
  g.feed('unused', { shape: [], dtype: 'f32' });
  g.update('w', g.softmax(w));
  g.output('y', g.sum(w));
  const program = g.build();
  const { name, feeds, state, outputs, updates } = decompose(program, everything);
  expect({ name, feeds, state }).toEqual({ name: 'named', feeds: program.feeds, state: program.state });
  expect(Object.keys({ ...outputs, ...updates })).toEqual(['y', 'w']);
});
