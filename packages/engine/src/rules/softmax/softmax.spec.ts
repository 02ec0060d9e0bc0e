import { expectValue, randomTensor } from '@attune/backend-testkit';
import { GraphBuilder, NdArray, sizeOf, type Shape } from '@attune/core';
import { compileTape } from '../../compile/compile.js';
import { expectedOutputs, runProgram } from '../../testing/run-program.js';
import { testHost } from '../../testing/test-host.js';
import { rules } from '../index.js';

const host = testHost();
const IGNORED = -100;

function values(shape: Shape, seed: number, range: readonly [number, number]): NdArray {
  return new NdArray(shape, 'f32', randomTensor(seed, { shape, dtype: 'f32' }, range).data);
}

/** Targets of rows, every fifth of them ignored. */
function targetsOf(rows: Shape, width: number): NdArray {
  const { data } = randomTensor(7, { shape: rows, dtype: 'i32' }, [0, width]);
  for (let i = 3; i < data.length; i += 5) data[i] = IGNORED;
  return new NdArray(rows, 'i32', data);
}

/** Both softmaxes, the losses and their gradients. */
function everything(x: NdArray, targets: NdArray) {
  const g = new GraphBuilder('softmax');
  const [logits, y, scale] = [
    g.feed('x', x),
    g.feed('y', targets),
    g.feed('scale', { ...targets, dtype: 'f32' }),
  ];
  g.output('softmax', g.softmax(logits));
  g.output('logSoftmax', g.logSoftmax(logits));
  g.output('losses', g.softmaxCrossEntropy(logits, y, IGNORED));
  const [gradient] = g.applyAll('softmaxCrossEntropyGrad', [logits, y, scale], { ignoreIndex: IGNORED });
  g.output('gradient', gradient!);
  return g.build();
}

async function resultsOf(x: NdArray, targets: NdArray) {
  const program = everything(x, targets);
  const inputs = { x, y: targets, scale: values(targets.shape, 9, [0.1, 2]) };
  return { actual: await runProgram(host, program, inputs), expected: expectedOutputs(program, inputs) };
}

const ranges = [
  [-3, 3],
  [-300, 300],
  [5000, 5004],
  [-3e4, 3e4],
] as const;
const shapes: readonly Shape[] = [
  [1],
  [5],
  [0, 5],
  [7, 3],
  [2, 3, 65],
  [9, 128],
  [3, 512],
  [4, 1031],
  [2, 4099],
];

describe.each(shapes.map((shape) => [shape]))('rows of %j', (shape) => {
  test.each(ranges)('logits in [%d, %d]', async (low, high) => {
    const targets = targetsOf(shape.slice(0, -1), shape.at(-1)!);
    const { actual, expected } = await resultsOf(values(shape, 3, [low, high]), targets);
    for (const [name, value] of Object.entries(expected)) expectValue(actual[name]!, value, name);
  });
});

test('losses and gradient come of one step, in place of the logits', () => {
  const [x, targets] = [values([4, 65], 1, [-1, 1]), targetsOf([4], 65)];
  const g = new GraphBuilder('both');
  const [logits, y] = [g.softmax(g.feed('x', x)), g.feed('y', targets)];
  g.output('losses', g.softmaxCrossEntropy(logits, y, IGNORED));
  const [gradient] = g.applyAll('softmaxCrossEntropyGrad', [logits, y, g.broadcastTo(g.constant(1), [4])], {
    ignoreIndex: IGNORED,
  });
  g.output('gradient', gradient!);
  const steps = compileTape(g.build(), rules, host.kernels).steps;
  expect(steps.filter((name) => name.startsWith('softmaxCrossEntropy'))).toHaveLength(1);
});

test('a gradient that is scaled by the losses comes after them', async () => {
  const [x, targets] = [values([4, 65], 1, [-1, 1]), targetsOf([4], 65)];
  const g = new GraphBuilder('in order');
  const [logits, y] = [g.feed('x', x), g.feed('y', targets)];
  const losses = g.softmaxCrossEntropy(logits, y, IGNORED);
  g.output('losses', losses);
  g.output(
    'gradient',
    g.applyAll('softmaxCrossEntropyGrad', [logits, y, g.softmax(losses)], { ignoreIndex: IGNORED })[0]!,
  );
  const program = g.build();
  const expected = expectedOutputs(program, { x, y: targets });
  const actual = await runProgram(host, program, { x, y: targets });
  for (const [name, value] of Object.entries(expected)) expectValue(actual[name]!, value, name);
});

test('NaN stays in its row, and a masked half of a row is 0', async () => {
  const x = values([5, 700], 3, [-2, 2]);
  x.data[700 + 613] = NaN;
  x.data.fill(-Infinity, 3 * 700, 3 * 700 + 600);
  const { actual } = await resultsOf(x, new NdArray([5], 'i32', Int32Array.of(1, 2, 3, 650, 5)));
  for (const { data, shape } of Object.values(actual)) {
    const width = sizeOf(shape) / 5;
    data.forEach((value: number, i: number) => expect(Number.isNaN(value)).toBe(Math.floor(i / width) === 1));
  }
  expect(Array.from(actual['softmax']!.data).slice(3 * 700, 3 * 700 + 600)).toEqual(Array(600).fill(0));
  expect(actual['losses']!.data[3]).toBeGreaterThan(0);
});

test.each([65, -1])('a target of %d, of 65 classes, fails the run', async (target) => {
  const x = values([4, 65], 3, [-2, 2]);
  await expect(resultsOf(x, new NdArray([4], 'i32', Int32Array.of(1, target, 3, 4)))).rejects.toThrow();
});
