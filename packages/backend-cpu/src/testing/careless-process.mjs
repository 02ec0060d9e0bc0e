/** Runs a step, and forgets to dispose of anything. */
import { register } from 'node:module';

register('../../../../tools/jest/typescript-hooks.mjs', import.meta.url);
const { GraphBuilder, item, scalar } = await import('@attune/core');
const { createFromSource } = await import('./create.ts');

const backend = await createFromSource();
const g = new GraphBuilder('add');
g.output('y', g.add(g.feed('x', { shape: [], dtype: 'f32' }), 1));
const executable = await backend.compile(g.build(), await backend.allocate({}));
console.log(item((await executable.run({ x: scalar(41) })).y));
