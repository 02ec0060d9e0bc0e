/** Computes a tensor of 8.5 GB, for which the process has no room, and prints how that ends. */
import { GraphBuilder, hostTensor } from '@attune/core';
import { createFromSource } from './create.js';

const SIZE = 46_000;

const g = new GraphBuilder('huge');
const row = g.feed('row', { shape: [1, SIZE], dtype: 'f32' });
g.output('y', g.max(g.add(row, g.reshape(g.exp(row), [SIZE, 1]))));
const backend = await createFromSource({ threads: 1 });
const state = await backend.allocate({});
const executable = await backend.compile(g.build(), state);

const endOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: { readonly code?: unknown }) => error.code,
  );
const run = await endOf(executable.run({ row: hostTensor('f32', [1, SIZE], new Float32Array(SIZE)) }));
console.log(JSON.stringify({ run, read: await endOf(state.read()) }));
