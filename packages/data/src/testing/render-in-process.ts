import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { TemplateSet, type RenderJob } from '../chat/jinja/render.js';
import type { StartRenderWorker } from '../node/chat/start-render-worker.js';

/**
 * In tests, in place of the thread that renders: one that runs sources takes seconds to load the compiler. It renders the
 * same, without limits.
 */
export const startRenderWorker: StartRenderWorker = ({ templates }) => {
  const set = new TemplateSet(templates);
  const thread = new EventEmitter();
  const say = (reply: object) => void setImmediate(() => thread.emit('message', reply));
  say({ ready: true });
  return Object.assign(thread, {
    postMessage: (jobs: readonly RenderJob[]) => say({ outcomes: jobs.map((job) => set.render(job)) }),
    ref: () => undefined,
    unref: () => undefined,
    terminate: async () => 0,
  }) as unknown as Worker;
};
