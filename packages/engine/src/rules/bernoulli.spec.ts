import { GraphBuilder, NdArray, type Shape } from '@attune/core';
import { expectedOutputs, runProgram } from '../testing/run-program.js';
import { testHost } from '../testing/test-host.js';

const host = testHost();

test.each([
  [0.1, 0, [70_001]],
  [0.5, 3, [7, 5]],
  [0, 1, [33]],
  [1 - 2 ** -40, 2, [40]],
  [0.9, -4, [0]],
  [0.3, 5, []],
] as const)('drops with probability %d in stream %i: %j', async (p, stream, shape: Shape) => {
  const g = new GraphBuilder('bernoulli');
  g.output('y', g.bernoulli(g.feed('seed', { shape: [], dtype: 'i32' }), shape, p, stream));
  const program = g.build();
  for (const seed of [0, 1, -7, 2 ** 31 - 1]) {
    const feeds = { seed: new NdArray([], 'i32', Int32Array.of(seed)) };
    const { y } = await runProgram(host, program, feeds);
    expect(Array.from(y!.data)).toEqual(Array.from(expectedOutputs(program, feeds)['y']!.data));
  }
});
