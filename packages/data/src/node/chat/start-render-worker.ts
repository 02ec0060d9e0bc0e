import { Worker } from 'node:worker_threads';
import { confined, type RenderWorkerData } from './confined.js';

/** Starts a thread that runs `render-worker`. */
export type StartRenderWorker = (data: RenderWorkerData, megabytes: number) => Worker;

/** Starts it as it was built. In tests, which build nothing, `jest.preset.js` puts another one in its place. */
export const startRenderWorker: StartRenderWorker = (workerData, megabytes) =>
  new Worker(new URL('./render-worker.js', import.meta.url), { workerData, ...confined(megabytes) });
