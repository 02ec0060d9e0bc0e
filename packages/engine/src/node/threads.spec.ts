import { GraphBuilder, NdArray } from '@attune/core';
import { runProgram } from '../testing/run-program.js';
import { nativeFault, openNative } from './native.js';

/** A program with sums that are long enough to be divided among threads. */
function longSums() {
  const g = new GraphBuilder('long sums');
  const x = g.feed('x', { shape: [700, 513], dtype: 'f32' });
  const product = g.matmul(g.transpose(x, [1, 0]), x);
  g.output('product', product);
  const narrow = g.cast(x, 'bf16');
  g.output('narrow product', g.matmul(g.transpose(x, [1, 0]), g.cast(narrow, 'f32')));
  g.output('columns', g.sum(g.tanh(x), [0]));
  g.output('total', g.sum(g.exp(g.mul(product, 1e-3))));
  return g.build();
}

// Where there is no compiler, there is no addon to test.
(nativeFault() === undefined ? it : it.skip)('gives the same bits on any number of threads', async () => {
  const data = Float32Array.from({ length: 700 * 513 }, (_, i) => Math.sin(i));
  const feeds = { x: new NdArray([700, 513], 'f32', data) };
  const results = [];
  for (const threads of [1, 2, 3]) {
    const host = openNative({ threads });
    results.push(await runProgram(host, longSums(), feeds));
    await host.dispose();
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});
