/** Opens the native engine as it is built, runs it once, says so, and does what its argument says. */
import { openNative } from '../../dist/node/index.js';

const host = openNative({ threads: 2 });
const slots = [host.allocate(1 << 26), host.allocate(1 << 26)];
const copy = [host.kernels.findIndex(({ name }) => name === 'copy'), 1, 5, 0, 0, 1, 0, 1 << 24];
const words = [1, 100, ...Array.from({ length: 100 }, () => copy).flat()];
const tape = await host.load(Int32Array.from(words), 2);
const run = () => host.run({ tape, slots, writes: [], reads: [] });

await run();
console.log('ran once');
new Function('run', process.argv[2] ?? '')(run);
