import { GraphBuilder, interpret, NdArray, type Loss } from '@attune/core';
import { crossEntropy } from './cross-entropy.js';
import { meanSquaredError } from './mean-squared-error.js';

const logits = [2, 1, 0, 0, 1, 2, 1, 1, 1];
/** −log softmax of the target, by hand: the first row's target is its largest logit, and so on. */
const surprise = (row: number[], target: number) =>
  Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[target]!;
const rows = [surprise([2, 1, 0], 0), surprise([0, 1, 2], 0), surprise([1, 1, 1], 2)];

function evaluate(loss: Loss, y: number[], lossMask?: number[]) {
  const g = new GraphBuilder('loss');
  const fields = {
    y: g.feed('y', { shape: [3], dtype: 'i32' }),
    ...(lossMask && { lossMask: g.feed('lossMask', { shape: [3], dtype: 'f32' }) }),
  };
  const outputs = { logits: g.feed('logits', { shape: [3, 3], dtype: 'f32' }) };
  const { numerator, count } = loss.build(g, outputs, fields);
  g.output('numerator', numerator);
  g.output('count', count);
  const feeds = {
    logits: new NdArray([3, 3], 'f32', Float64Array.from(logits)),
    y: new NdArray([3], 'i32', Int32Array.from(y)),
    ...(lossMask && { lossMask: new NdArray([3], 'f32', Float64Array.from(lossMask)) }),
  };
  const results = interpret(g.build(), { feeds }, 'f64').outputs;
  return { numerator: results['numerator']!.data[0]!, count: results['count']!.data[0]! };
}

describe('cross-entropy', () => {
  test('without a mask: the sum over all targets, and how many there are', () => {
    const { numerator, count } = evaluate(crossEntropy(), [0, 0, 2]);
    expect(numerator).toBeCloseTo(rows[0]! + rows[1]! + rows[2]!, 12);
    expect(count).toBe(3);
  });

  test('ignored targets add nothing and do not count', () => {
    const { numerator, count } = evaluate(crossEntropy(), [0, -100, 2]);
    expect(numerator).toBeCloseTo(rows[0]! + rows[2]!, 12);
    expect(count).toBe(2);
  });

  test('with a mask: weighted sum, and the sum of the weights, fractions too', () => {
    const { numerator, count } = evaluate(crossEntropy(), [0, 0, 2], [1, 0.25, 0]);
    expect(numerator).toBeCloseTo(rows[0]! + 0.25 * rows[1]!, 12);
    expect(count).toBe(1.25);
  });

  test("nanoGPT's −1 can be the ignored index", () => {
    expect(evaluate(crossEntropy({ ignoreIndex: -1 }), [-1, 0, 2]).count).toBe(2);
  });

  test('says what it needs', () => {
    expect(() => crossEntropy().build(new GraphBuilder('loss'), {}, {})).toThrow('needs `logits`');
  });
});

test('mean squared error sums squares, and counts elements', () => {
  const g = new GraphBuilder('loss');
  const spec = { shape: [2, 2], dtype: 'f32' } as const;
  const terms = meanSquaredError().build(
    g,
    { prediction: g.feed('prediction', spec) },
    { y: g.feed('y', spec) },
  );
  g.output('numerator', terms.numerator);
  g.output('count', terms.count);
  const feeds = {
    prediction: new NdArray([2, 2], 'f32', Float64Array.of(1, 2, 3, 4)),
    y: new NdArray([2, 2], 'f32', Float64Array.of(0, 2, 5, 1)),
  };
  const { outputs } = interpret(g.build(), { feeds }, 'f64');
  expect(outputs['numerator']!.data[0]).toBe(1 + 0 + 4 + 9);
  expect(outputs['count']!.data[0]).toBe(4);
});

test('a mask of rows stands for all numbers of a row, and what is compared may have other names', () => {
  const g = new GraphBuilder('loss');
  const spec = { shape: [2, 2], dtype: 'f32' } as const;
  const terms = meanSquaredError({ output: 'logits', target: 'label' }).build(
    g,
    { logits: g.feed('logits', spec) },
    { label: g.feed('label', spec), lossMask: g.feed('lossMask', { shape: [2], dtype: 'f32' }) },
  );
  g.output('numerator', terms.numerator);
  g.output('count', terms.count);
  const feeds = {
    logits: new NdArray([2, 2], 'f32', Float64Array.of(1, 2, 3, 4)),
    label: new NdArray([2, 2], 'f32', Float64Array.of(0, 2, 5, 1)),
    lossMask: new NdArray([2], 'f32', Float64Array.of(0, 1)),
  };
  const { outputs } = interpret(g.build(), { feeds }, 'f64');
  expect(outputs['numerator']!.data[0]).toBe(4 + 9);
  expect(outputs['count']!.data[0]).toBe(2);
});
