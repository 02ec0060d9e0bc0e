import { Worker, type WorkerOptions } from 'node:worker_threads';
import { confined } from '../node/chat/confined.js';
import type { StartRenderWorker } from '../node/chat/start-render-worker.js';
import type { StartWorker } from '../node/encoder.js';

/** Starts the encoding thread from its source: jest builds nothing that a thread could load. */
export const startSourceWorker: StartWorker = (workerData) =>
  sourceThread('../node/encode-worker.ts', { workerData });

/** Starts the rendering thread from its source. */
export const startSourceRenderWorker: StartRenderWorker = (workerData, megabytes) =>
  sourceThread('../node/chat/render-worker.ts', { workerData, ...confined(megabytes) });

function sourceThread(file: string, options: WorkerOptions): Worker {
  const hooks = JSON.stringify(new URL('./typescript-hooks.mjs', import.meta.url));
  const worker = JSON.stringify(new URL(file, import.meta.url));
  const main = `
    import { register } from 'node:module';
    register(${hooks});
    await import(${worker});
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(main)}`);
  return new Worker(url, { ...options, execArgv: ['--conditions=@attune/source'] });
}
