import { expectValue, randomTensor } from '@attune/backend-testkit';
import { GraphBuilder, NdArray, type Shape } from '@attune/core';
import { compileTape } from '../../compile/compile.js';
import { expectedOutputs, runProgram } from '../../testing/run-program.js';
import { testHost } from '../../testing/test-host.js';
import { rules } from '../index.js';

const host = testHost();

const values = (shape: Shape, seed: number, range: readonly [number, number]) =>
  new NdArray(shape, 'f32', randomTensor(seed, { shape, dtype: 'f32' }, range).data);

/** 11 tokens of 24 numbers, a vocabulary of 67, the fourth target ignored. */
const inputs = {
  hidden: values([11, 24], 1, [-2, 2]),
  weight: values([67, 24], 2, [-1, 1]),
  targets: new NdArray([11], 'i32', Int32Array.of(66, 0, 3, -100, 5, 8, 13, 21, 34, 55, 1)),
  lossWeights: values([11], 3, [0, 2]),
};
type Output = 'loss' | 'dHidden' | 'dWeight' | 'losses';

function programOf(chunk: number, wanted: readonly Output[]) {
  const g = new GraphBuilder('head');
  const feeds = Object.entries(inputs).map(([name, value]) => g.feed(name, value));
  const results = g.applyAll('linearCrossEntropy', feeds, { chunk, ignoreIndex: -100 });
  (['loss', 'dHidden', 'dWeight', 'losses'] as const).forEach((name, i) => {
    if (wanted.includes(name)) g.output(name, results[i]!);
  });
  return g.build();
}

describe.each([[1], [4], [11], [64]])('%d rows at once', (chunk) => {
  test.each([
    ['training', ['loss', 'dHidden', 'dWeight', 'losses']],
    ['a frozen head', ['loss', 'dHidden']],
    ['frozen hidden states', ['loss', 'dWeight']],
    ['evaluation', ['loss']],
  ] as const)('%s', async (_, wanted) => {
    const program = programOf(chunk, wanted);
    const actual = await runProgram(host, program, inputs);
    const expected = expectedOutputs(program, inputs);
    for (const name of wanted) expectValue(actual[name]!, expected[name]!, name);
  });
});

test('only the logits of a chunk take memory', () => {
  const bytes = (chunk: number) =>
    compileTape(programOf(chunk, ['loss', 'dHidden']), rules, host.kernels).arenaBytes;
  expect(bytes(11) - bytes(1)).toBeGreaterThanOrEqual(10 * 67 * 4 - 64);
});

test('no rows have no loss, and no gradient', async () => {
  const none = {
    hidden: values([0, 24], 1, [-2, 2]),
    weight: inputs.weight,
    targets: new NdArray([0], 'i32', new Int32Array(0)),
    lossWeights: values([0], 3, [0, 2]),
  };
  const g = new GraphBuilder('head');
  const feeds = Object.entries(none).map(([name, value]) => g.feed(name, value));
  const [loss, , dWeight] = g.applyAll('linearCrossEntropy', feeds, { chunk: 4, ignoreIndex: -100 });
  g.output('loss', loss!);
  g.output('dWeight', dWeight!);
  const program = g.build();
  const [actual, expected] = [await runProgram(host, program, none), expectedOutputs(program, none)];
  for (const name of ['loss', 'dWeight']) expectValue(actual[name]!, expected[name]!, name);
  expect(actual['loss']!.data[0]).toBe(0);
});
