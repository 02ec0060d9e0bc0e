import { GraphBuilder, NdArray, sizeOf, type Shape } from '@attune/core';
import { expectedOutputs, runProgram } from '../testing/run-program.js';
import { testHost } from '../testing/test-host.js';

const host = testHost();

const values = (shape: Shape) =>
  new NdArray(
    shape,
    'f32',
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i + 1)),
  );
const indices = (shape: Shape, limit: number) =>
  new NdArray(
    shape,
    'i32',
    Int32Array.from({ length: sizeOf(shape) }, (_, i) => (i * 7919) % limit),
  );

/** The largest difference between two tensors. */
const difference = (a: NdArray, b: NdArray) =>
  Array.from(b.data).reduce((largest, value, i) => Math.max(largest, Math.abs(a.data[i]! - value)), 0);

const cases: readonly (readonly [Shape, Shape])[] = [
  [
    [5, 3],
    [2, 4],
  ],
  [[65, 128], [50]],
  [[7], [3, 3]],
  [[4, 2, 5], []],
  [[3, 40_000], [4]],
  [[3, 4], [0]],
  [[3, 0], [2]],
];

test.each(cases)('takes rows of %j by indices %j', async (shape, places) => {
  const feeds = { table: values(shape), at: indices(places, shape[0]!) };
  const g = new GraphBuilder('gather');
  g.output('y', g.gather(g.feed('table', feeds.table), g.feed('at', feeds.at)));
  const program = g.build();
  const { y } = await runProgram(host, program, feeds);
  expect(Array.from(y!.data)).toEqual(Array.from(expectedOutputs(program, feeds)['y']!.data));
});

test.each(cases)('adds to rows of %j by indices %j', async (shape, places) => {
  const [rows, ...row] = shape as readonly [number, ...number[]];
  const feeds = { at: indices(places, rows), x: values([...places, ...row]), base: values(shape) };
  for (const hasBase of [false, true]) {
    const g = new GraphBuilder('scatter');
    const table = g.scatterAdd(g.feed('at', feeds.at), g.feed('x', feeds.x), rows);
    g.output('y', hasBase ? g.add(g.feed('base', feeds.base), table) : table);
    const program = g.build();
    const { y } = await runProgram(host, program, feeds);
    expect(difference(y!, expectedOutputs(program, feeds)['y']!)).toBeLessThan(1e-5);
  }
});

test.each([-1, 5, 2 ** 30])('the row %i of five is none', async (index) => {
  const table = values([5, 3]);
  const at = new NdArray([2], 'i32', Int32Array.of(0, index));
  const g = new GraphBuilder('gather');
  g.output('y', g.gather(g.feed('table', table), g.feed('at', at)));
  await expect(runProgram(host, g.build(), { table, at })).rejects.toMatchObject({
    code: 'TOKEN_OUT_OF_RANGE',
  });
});

test('an index that is no row adds nothing anywhere', async () => {
  const [at, x] = [new NdArray([1], 'i32', Int32Array.of(5)), values([1, 3])];
  const g = new GraphBuilder('scatter');
  g.output('y', g.scatterAdd(g.feed('at', at), g.feed('x', x), 5));
  await expect(runProgram(host, g.build(), { at, x })).rejects.toMatchObject({ code: 'TOKEN_OUT_OF_RANGE' });
});
