import { GraphBuilder } from '../builder/index.js';
import { array, evaluate, integers, spread } from '../testing/run.js';
import { interpret } from './interpret.js';

test('f64 keeps float64, f32 rounds every value to float32, and sums are carried in float64 in both', () => {
  const third = { x: array([1], [1 / 3]) };
  expect(evaluate((g, { x }) => g.mul(x!, 3e-8), third, 'f64').data[0]).toBeCloseTo(1e-8, 20);
  expect(evaluate((g, { x }) => g.add(x!, 0), third, 'f32').data).toEqual(Float32Array.of(1 / 3));
  const ones = { x: array([3], [2 ** 24, 1, 1]) };
  expect(evaluate((g, { x }) => g.sum(x!), ones, 'f32').data[0]).toBe(2 ** 24 + 2);
});

test('outputs and updates come by name, and what was given stays as it was', () => {
  const g = new GraphBuilder('step');
  const w = g.state('w', { shape: [2], dtype: 'f32' });
  g.update('w', g.add(w, g.feed('x', { shape: [2], dtype: 'f32' })));
  g.output('before', w);
  const state = { w: array([2], [1, 2]) };
  const { outputs, updates } = interpret(g.build(), { state, feeds: { x: array([2], [10, 20]) } });
  expect([...outputs['before']!.data]).toEqual([1, 2]);
  expect([...updates['w']!.data]).toEqual([11, 22]);
  expect([...state.w.data]).toEqual([1, 2]);
});

test('a missing input is named', () => {
  const g = new GraphBuilder('missing');
  g.output('y', g.exp(g.feed('x', { shape: [], dtype: 'f32' })));
  expect(() => interpret(g.build(), {})).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_TENSOR', message: 'The feed "x" was not given.' }),
  );
});

test('indices and targets outside of their table are TOKEN_OUT_OF_RANGE', () => {
  const table = spread([3, 2]);
  for (const ids of [integers([1], [3]), integers([1], [-1])]) {
    expect(() => evaluate((g, t) => g.gather(t['table']!, t['ids']!), { table, ids })).toThrow(
      expect.objectContaining({ code: 'TOKEN_OUT_OF_RANGE' }),
    );
  }
  expect(() =>
    evaluate((g, t) => g.softmaxCrossEntropy(t['table']!, t['ids']!), {
      table,
      ids: integers([3], [0, 1, 2]),
    }),
  ).toThrow(expect.objectContaining({ code: 'TOKEN_OUT_OF_RANGE' }));
});

describe('the reference of', () => {
  const close = (actual: ArrayLike<number>, expected: readonly number[], digits = 12) =>
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));

  test('erf, against its table (Abramowitz and Stegun, table 7.1)', () => {
    const x = array([6], [0, 0.1, 0.5, 1, 2, -3]);
    const { data } = evaluate((g, t) => g.erf(t['x']!), { x });
    close(
      data,
      [
        0, 0.1124629160182849, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527,
        -0.9999779095030014,
      ],
      14,
    );
  });

  test('softmax, where exponentials overflow', () => {
    const { data } = evaluate((g, t) => g.softmax(t['x']!), { x: array([3], [1000, 1000, 0]) });
    close(data, [0.5, 0.5, 0]);
  });

  test('layerNorm, by hand', () => {
    const inputs = { x: array([4], [1, 2, 3, 4]), w: array([4], [1, 1, 1, 2]) };
    const { data } = evaluate((g, t) => g.layerNorm(t['x']!, t['w']!, undefined, 0), inputs);
    close(
      data,
      [-3, -1, 1, 6].map((n) => n / Math.sqrt(5)),
    );
  });

  test('causal attention: the first row sees itself alone, the last one all', () => {
    const [q, v] = [array([2, 1], [0, 0]), array([2, 1], [10, 20])];
    const { data } = evaluate((g, t) => g.attention(t['q']!, t['q']!, t['v']!), { q, v });
    close(data, [10, 15]);
  });

  test('adamW, by hand: decay first, then the step, with epsilon outside of the root', () => {
    const scalar = (value: number) => array([], [value]);
    const inputs = [
      array([1], [2]),
      array([1], [3]),
      array([1], [0]),
      array([1], [0]),
      scalar(0.1),
      scalar(0.1),
      scalar(0.01),
    ];
    const named = Object.fromEntries(inputs.map((value, i) => [String(i), value]));
    const { data } = evaluate(
      (g, t) =>
        g.concat(
          g.applyAll(
            'adamW',
            inputs.map((_, i) => t[i]!),
            { beta1: 0.9, beta2: 0.99, epsilon: 1, weightDecay: 0.5 },
          ),
          0,
        ),
      named,
    );
    // m = 0.3, v = 0.09; bias-corrected 3 and 9: 2 · (1 − 0.05) − 0.1 · 3 / (3 + 1)
    close(data, [1.9 - 0.075, 0.3, 0.09]);
  });

  test('scatterAdd: duplicates add up, rows that nothing names are zero', () => {
    const inputs = { i: integers([3], [2, 0, 2]), u: array([3, 1], [1, 2, 4]) };
    close(evaluate((g, t) => g.scatterAdd(t['i']!, t['u']!, 4), inputs).data, [2, 0, 5, 0]);
  });

  test('cast to i32 truncates toward zero', () => {
    const { data } = evaluate((g, t) => g.cast(t['x']!, 'i32'), { x: array([4], [-1.9, -0.5, 0.5, 1.9]) });
    expect([...data]).toEqual([-1, 0, 0, 1]);
  });
});
