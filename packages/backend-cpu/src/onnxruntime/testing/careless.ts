import { GraphBuilder, item, scalar } from '@attune/core';
import { createFromSource } from './create.js';

/** Runs a step, and forgets to dispose of anything. */
const backend = await createFromSource();
const g = new GraphBuilder('add');
g.output('y', g.add(g.feed('x', { shape: [], dtype: 'f32' }), 1));
const executable = await backend.compile(g.build(), await backend.allocate({}));
// Not console.log, which colours a number where the environment asks for it.
process.stdout.write(`${item((await executable.run({ x: scalar(41) }))['y'])}\n`);
