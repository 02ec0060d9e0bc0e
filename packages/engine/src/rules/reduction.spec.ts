import { GraphBuilder, NdArray, sizeOf, type Shape } from '@attune/core';
import { expectedOutputs, runProgram } from '../testing/run-program.js';
import { testHost } from '../testing/test-host.js';

const host = testHost();

/** Numbers between −1 and 1. */
const values = (shape: Shape) =>
  new NdArray(
    shape,
    'f32',
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 12.9898 + 1)),
  );

async function reduced(op: 'sum' | 'max', x: NdArray, axes: readonly number[]) {
  const g = new GraphBuilder('reduction');
  g.output('y', g[op](g.feed('x', x), axes, false));
  const program = g.build();
  const { y } = await runProgram(host, program, { x });
  return { y: y!, expected: expectedOutputs(program, { x })['y']! };
}

const cases: readonly (readonly [Shape, readonly number[]])[] = [
  [[], []],
  [[5], []],
  [[7], [0]],
  [
    [1, 1],
    [0, 1],
  ],
  [[0], [0]],
  [[3, 0, 2], [1]],
  [
    [0, 5, 3],
    [0, 2],
  ],
  [[0, 4], [1]],
  [[13, 37], [1]],
  [[13, 37], [0]],
  [[700, 3], [0]],
  [[3, 700], [1]],
  [[11, 3, 5], [1]],
  [
    [4, 5, 6, 7],
    [0, 2],
  ],
  [
    [4, 5, 6, 7],
    [1, 3],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [1, 2, 5],
  ],
  [[90, 1100], [0]],
  [[3, 40_000], [1]],
  [[70_003], [0]],
];

test.each(cases)('sums of %j along %j', async (shape, axes) => {
  const { y, expected } = await reduced('sum', values(shape), axes);
  expect(y.shape).toEqual(expected.shape);
  const terms = sizeOf(shape) / Math.max(1, y.size);
  expected.data.forEach((value, i) => expect(Math.abs(y.data[i]! - value)).toBeLessThanOrEqual(1e-6 * terms));
});

test.each(cases)('largest elements of %j along %j', async (shape, axes) => {
  const { y, expected } = await reduced('max', values(shape), axes);
  expect(Array.from(y.data)).toEqual(Array.from(expected.data, Math.fround));
});

test.each([[[1]], [[0]], [[0, 1]]])('NaN is the largest where it is: %j', async (axes) => {
  const x = values([30, 70]);
  for (const i of [5, 70 * 7, 70 * 12 + 69]) x.data[i] = NaN;
  const { y, expected } = await reduced('max', x, axes);
  expect(Array.from(y.data)).toEqual(Array.from(expected.data, Math.fround));
});

test('infinities of both signs are a NaN in a sum, and an infinity in a maximum', async () => {
  const x = values([2, 50]);
  [x.data[3], x.data[40]] = [Infinity, -Infinity];
  expect(Number.isNaN((await reduced('sum', x, [1])).y.data[0])).toBe(true);
  expect((await reduced('max', x, [1])).y.data[0]).toBe(Infinity);
});

/** Equal numbers are the hardest case: every addition rounds to the same side. */
test('a sum of a million numbers is right to 1e-6', async () => {
  const x = new NdArray([1_000_000], 'f32', new Float32Array(1_000_000).fill(0.1));
  for (const shape of [[1_000_000], [250_000, 4], [1000, 1000]] as const) {
    const { y, expected } = await reduced('sum', x.reshape(shape), [0]);
    y.data.forEach((value, i) => expect(Math.abs(value / expected.data[i]! - 1)).toBeLessThan(1e-6));
  }
});
