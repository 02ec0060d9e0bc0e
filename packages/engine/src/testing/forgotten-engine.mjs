/** Keeps nothing of an engine but a view of its memory, and looks at it when the garbage is collected. */
import { setTimeout } from 'node:timers/promises';
import { openNative } from '../../dist/node/index.js';

async function viewOfForgotten() {
  const host = openNative({ threads: 1 });
  const view = await host.view(host.allocate(4 << 20));
  view[0] = 7;
  return view;
}

const view = await viewOfForgotten();
for (let i = 0; i < 3; i++) {
  globalThis.gc();
  await setTimeout(5);
}
console.log(`${view[0]} of ${view.length} bytes`);
