import { Worker } from 'node:worker_threads';
import type { StartWorker } from '../node/encoder.js';

/** Starts the encoding thread from its source: jest builds nothing that a thread could load. */
export const startSourceWorker: StartWorker = (workerData) => {
  const hooks = JSON.stringify(new URL('./typescript-hooks.mjs', import.meta.url));
  const worker = JSON.stringify(new URL('../node/encode-worker.ts', import.meta.url));
  const main = `
    import { register } from 'node:module';
    register(${hooks});
    await import(${worker});
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(main)}`);
  return new Worker(url, { workerData, execArgv: ['--conditions=@attune/source'] });
};
