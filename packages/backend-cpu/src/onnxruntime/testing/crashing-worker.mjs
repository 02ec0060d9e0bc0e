/** A worker that dies in its second run, as if by a fault in native code. */
import { parentPort } from 'node:worker_threads';

let runs = 0;
parentPort.on('message', ({ command }) => {
  if (command.type === 'run' && ++runs === 2) process.exit(7);
});
await import('./worker.mjs');
