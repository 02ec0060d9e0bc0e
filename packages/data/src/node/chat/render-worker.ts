/** The thread of {@link workerEngine}: renders templates, which may never come to an end. */
import { parentPort, workerData } from 'node:worker_threads';
import { TemplateSet, type RenderJob } from '../../chat/jinja/render.js';
import type { RenderWorkerData } from './confined.js';
import type { RenderReply } from './worker-engine.js';

const { templates } = workerData as RenderWorkerData;
const set = new TemplateSet(templates);

parentPort!.on('message', (jobs: readonly RenderJob[]) => {
  parentPort!.postMessage({ outcomes: jobs.map((job) => set.render(job)) } satisfies RenderReply);
});
parentPort!.postMessage({ ready: true } satisfies RenderReply);
