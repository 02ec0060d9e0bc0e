import { GraphBuilder, gradients } from '../builder/index.js';
import { opDefinition } from '../builder/op-definition.js';
import { interpret } from '../interpreter/index.js';
import { keepMask } from '../random/index.js';
import type { NdArray } from '../tensor/index.js';
import { compositeCases } from '../testing/composite-cases.js';
import { array, evaluate, gradientBothWays, integers, spread } from '../testing/run.js';
import { opNames, ops, type OpName } from './table.js';

const numbers = ({ data }: NdArray): number[] => [...data];
const expectClose = (actual: readonly number[], expected: readonly number[], digits = 12) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};

test('an op is listed under its name', () => {
  for (const name of opNames) expect(ops[name].name).toBe(name);
});

/** Composites as formulas, without ops of the graph. The others have fixtures from PyTorch, in the testkit. */
describe('a formula in plain numbers', () => {
  const x = spread([2, 3], -2, 2);

  test('rsqrt', () => {
    const positive = spread([4], 0.1, 3);
    expectClose(
      numbers(evaluate((g, t) => g.rsqrt(t['x']!), { x: positive })),
      numbers(positive).map((value) => value ** -0.5),
    );
  });

  test('attention that sees every column', () => {
    const [q, k, v] = [spread([3, 2]), spread([3, 2], 0, 2), spread([3, 2], -3, 1)];
    const row = (of: NdArray, i: number) => numbers(of).slice(2 * i, 2 * i + 2) as [number, number];
    const expected = [0, 1, 2].flatMap((i) => {
      const scores = [0, 1, 2].map((j) =>
        Math.exp(0.3 * (row(q, i)[0] * row(k, j)[0] + row(q, i)[1] * row(k, j)[1])),
      );
      const total = scores.reduce((a, b) => a + b);
      return [0, 1].map((d) => scores.reduce((sum, score, j) => sum + (score / total) * row(v, j)[d]!, 0));
    });
    const attended = evaluate(
      (g, t) => g.attention(t['q']!, t['k']!, t['v']!, { causal: false, scale: 0.3 }),
      { q, k, v },
    );
    expectClose(numbers(attended), expected);
  });

  test('cacheWrite puts each token where its position and its row say, and padding nowhere', () => {
    const [cache, columns] = [spread([3, 2, 4, 1]), spread([2, 2, 3, 1], 5, 9)];
    const [positions, rows] = [
      [
        [1, 2, -1],
        [3, 0, 4],
      ],
      [2, 0],
    ];
    const expected = numbers(cache);
    positions.forEach((places, i) =>
      places.forEach((position, t) => {
        if (position < 0 || position > 3) return;
        for (const head of [0, 1])
          expected[(rows[i]! * 2 + head) * 4 + position] = columns.data[(i * 2 + head) * 3 + t]!;
      }),
    );
    const written = evaluate((g, t) => g.cacheWrite(t['cache']!, t['columns']!, t['positions']!, t['rows']), {
      ...{ cache, columns },
      ...{ positions: integers([2, 3], positions.flat()), rows: integers([2], rows) },
    });
    expect(numbers(written)).toEqual(expected);
  });

  test('attention over a cache sees a row up to a position, or the last few of it', () => {
    const [q, keys, values] = [spread([2, 2, 2, 1]), spread([3, 1, 4, 1], 0, 2), spread([3, 1, 4, 1], -3, 1)];
    const [positions, rows] = [
      [1, 2, 0, 3],
      [2, 0],
    ];
    for (const window of [0, 2]) {
      const expected = numbers(q).map((query, i) => {
        const position = positions[Math.floor(i / 4) * 2 + (i % 2)]!;
        const from = rows[Math.floor(i / 4)]! * 4;
        const seen = [0, 1, 2, 3].filter((p) => p <= position && (window === 0 || p > position - window));
        const scores = seen.map((p) => Math.exp(0.3 * query * keys.data[from + p]!));
        const total = scores.reduce((a, b) => a + b);
        return seen.reduce((sum, p, j) => sum + (scores[j]! / total) * values.data[from + p]!, 0);
      });
      const attended = evaluate(
        (g, t) =>
          g.cachedAttention(t['q']!, t['keys']!, t['values']!, t['positions']!, {
            ...{ rows: t['rows'], scale: 0.3, window },
          }),
        { q, keys, values, positions: integers([2, 2], positions), rows: integers([2], rows) },
      );
      expectClose(numbers(attended), expected);
    }
  });

  test('linearCrossEntropy is the weighted sum of the cross-entropies of hidden · weightᵀ', () => {
    const [hidden, weight] = [spread([3, 2]), spread([4, 2], 0, 2)];
    const [targets, lossWeights] = [integers([3], [3, -100, 1]), spread([3], 0.2, 1)];
    const losses = [0, 1, 2].map((n) => {
      const target = targets.data[n]!;
      const logits = [0, 1, 2, 3].map((v) =>
        [0, 1].reduce((sum, c) => sum + hidden.data[2 * n + c]! * weight.data[2 * v + c]!, 0),
      );
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      return target === -100 ? 0 : lossWeights.data[n]! * (total - logits[target]!);
    });
    const sum = evaluate(
      (g, t) =>
        g.linearCrossEntropy(t['hidden']!, t['weight']!, t['targets']!, t['lossWeights']!, { chunk: 2 }),
      { hidden, weight, targets, lossWeights },
    );
    expectClose(numbers(sum), [losses.reduce((a, b) => a + b)]);
  });

  test('linearCrossEntropy differentiates weights, too: the cross-entropies of plain logits', () => {
    const inputs = {
      ...{ hidden: spread([3, 2]), weight: spread([4, 2], 0, 2) },
      ...{ targets: integers([3], [3, -100, 1]), lossWeights: spread([3], 0.2, 1) },
    };
    const plain = evaluate(
      (g, { hidden, weight, targets }) =>
        g.softmaxCrossEntropy(g.matmul(hidden!, weight!, { transposeB: true }), targets!),
      inputs,
    );
    const gradient = evaluate((g, { hidden, weight, targets, lossWeights }) => {
      const loss = g.linearCrossEntropy(hidden!, weight!, targets!, lossWeights!, { chunk: 2 });
      return gradients(g, loss, [lossWeights!])[0]!;
    }, inputs);
    expectClose(numbers(gradient), numbers(plain));
  });

  test("batchNorm's statistics are the mean and the variance of each channel, divided by N", () => {
    const images = spread([2, 2, 3], -1, 4);
    const channel = (c: number) => numbers(images).filter((_, i) => Math.floor(i / 3) % 2 === c);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    const variance = (values: readonly number[]) => mean(values.map((value) => (value - mean(values)) ** 2));
    const statistics = evaluate(
      (g, t) => {
        const norm = g.batchNorm(t['images']!, t['w']!, t['w']!);
        return g.concat([norm.mean, norm.variance], 0);
      },
      { images, w: spread([2]) },
    );
    expectClose(
      numbers(statistics),
      [mean, variance].flatMap((of) => [of(channel(0)), of(channel(1))]),
    );
  });

  test('dropout keeps what keepMask says, divided by 1 − p', () => {
    const dropped = evaluate((g, t) => g.dropout(t['x']!, t['seed']!, 0.4, 3), {
      x,
      seed: integers([], [9]),
    });
    const mask = keepMask(9, 3, 0.4, 6);
    expectClose(
      numbers(dropped),
      numbers(x).map((value, i) => (value * mask[i]!) / 0.6),
    );
  });

  test('adamW, in float32, updates parameters from moments as they are stored', () => {
    const [p, m, v, grad] = [0.3, 0.01, 0.002, -0.7].map(Math.fround) as [number, number, number, number];
    const [lr, c1, c2] = [1e-3, 0.1, 0.05].map(Math.fround) as [number, number, number];
    const g = new GraphBuilder('adamW');
    const inputs = { p, grad, m, v, lr, c1, c2 };
    const tensors = Object.keys(inputs).map((name) => g.feed(name, { shape: [], dtype: 'f32' }));
    const attrs = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 };
    g.applyAll('adamW', tensors, attrs).forEach((tensor, i) => g.output(String(i), tensor));
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [name, array([], [value])]),
    );
    const { outputs } = interpret(g.build(), { feeds });
    const expAvg = Math.fround(0.9 * m + (1 - 0.9) * grad);
    const expAvgSq = Math.fround(0.95 * v + (1 - 0.95) * grad ** 2);
    const step = ((lr / c1) * expAvg) / (Math.sqrt(expAvgSq) / Math.sqrt(c2) + 1e-8);
    const param = Math.fround(p * (1 - lr * 0.1) - step);
    expect([0, 1, 2].map((i) => outputs[i]!.data[0])).toEqual([param, expAvg, expAvgSq]);
  });

  test.each(['barrier', 'stopGradient'] as const)('%s is its input', (op) => {
    const [compute, inputs] = compositeCases[op];
    expect(numbers(evaluate(compute, inputs))).toEqual(numbers(inputs['x']!));
  });
});

const withRule = Object.entries(compositeCases).filter(
  ([op]) => opDefinition(op).grad && op !== 'stopGradient',
);

test.each(withRule)(
  'the rule for the gradient of %s agrees with the one derived from its body',
  (op, [compute, inputs]) => {
    const g = new GraphBuilder(op);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [name, g.feed(name, value)]),
    );
    compute(g, feeds);
    const values: Record<string, NdArray> = {};
    g.nodes
      .flatMap((node) => (node.op === op ? node : []))
      .forEach((node, at) => {
        const { attrs, outputs } = node;
        const output = outputs[0]!;
        values[`dy${at}`] = spread(output.shape, 0.5, 1.5);
        const dOutput = g.feed(`dy${at}`, output);
        const { grad, derivedGrad } = opDefinition(op);
        const given = grad!(g, { inputs: node.inputs, outputs, output, attrs, dOutput });
        const derived = derivedGrad!(g, node.inputs, attrs, [dOutput]);
        node.inputs.forEach((_input, i) => {
          if (!given[i]) return;
          g.output(`${at}.${i}.given`, given[i]);
          g.output(`${at}.${i}.derived`, derived[i]!);
        });
      });
    const { outputs } = interpret(g.build(), { feeds: { ...inputs, ...values } }, 'f64');
    const names = Object.keys(outputs).filter((name) => name.endsWith('given'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expectClose(numbers(outputs[name.replace('given', 'derived')]!), numbers(outputs[name]!), 10);
    }
  },
);

const withoutRule = Object.entries({
  ...compositeCases,
  // Where no two elements are equal: at ties, it has a kink.
  maxPool2dGrad: [
    compositeCases.maxPool2dGrad[0],
    { ...compositeCases.maxPool2dGrad[1], i: spread([2, 2, 6, 5]) },
  ],
} satisfies typeof compositeCases).filter(([op]) => !opDefinition(op).grad);

test.each(withoutRule)('the gradient of %s, derived, equals finite differences', (_op, [compute, inputs]) => {
  for (const [, rule, difference] of gradientBothWays(compute, inputs)) {
    const scale = Math.max(1, ...difference.map(Math.abs));
    expectClose(
      rule.map((value) => value / scale),
      difference.map((value) => value / scale),
      6,
    );
  }
});

test('every composite without a rule is a gradient of another, an update, or for decoding', () => {
  expect(withoutRule.map(([op]) => op as OpName).filter((op) => !op.endsWith('Grad'))).toEqual([
    ...['cacheWrite', 'cachedAttention'],
    'adamW',
  ]);
});
