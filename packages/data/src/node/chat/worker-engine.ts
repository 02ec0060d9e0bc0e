import type { Worker } from 'node:worker_threads';
import { AttuneError, systemCode } from '@attune/core';
import type { RenderJob, RenderOutcome } from '../../chat/jinja/render.js';
import type { RenderEngine } from '../../chat/template/jinja-template.js';
import type { TemplateSources } from '../../chat/template/template-sources.js';
import { startRenderWorker, type StartRenderWorker } from './start-render-worker.js';

/** The limits of rendering a template. */
export interface RenderLimits {
  /** For the renderings of one conversation (of a long one, for some of them), in milliseconds of the clock. Default 10,000. */
  readonly milliseconds?: number;
  /** The limit of the thread's heap, in MiB. Default 128. */
  readonly megabytes?: number;
  /**
   * True if a template is tried again however often it was stopped: in a server, where another conversation is somebody
   * else's. Default false: among rows of data, each would take as long.
   */
  readonly lasting?: boolean;
}

/** A message of the thread: that it is ready, then a reply to every job. */
export type RenderReply = { readonly ready: true } | { readonly outcomes: readonly RenderOutcome[] };

/** A template that had to be stopped this often is not tried again, unless it is to last. */
const MOST_STOPS = 3;

interface Pending {
  readonly jobs: readonly RenderJob[];
  resolve(outcomes: readonly RenderOutcome[]): void;
  reject(error: Error): void;
}

/**
 * Renders in a thread of its own, which is ended when a template takes more than its limits; the next rendering starts
 * another one, but after three of these, there are no more, unless it is to last. The template language itself gives no access to the host. An idle
 * thread does not keep the process alive.
 */
export function workerEngine(
  { name, templates }: TemplateSources,
  limits: RenderLimits = {},
  start: StartRenderWorker = startRenderWorker,
): RenderEngine {
  const { milliseconds = 10_000, megabytes = 128, lasting = false } = limits;
  const waiting: Pending[] = [];
  let thread: { readonly worker: Worker; ready: boolean } | undefined;
  let current: Pending | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let stops = 0;
  let givenUp: Error | undefined;

  const take = (): Pending | undefined => {
    clearTimeout(timer);
    const done = current;
    current = undefined;
    return done;
  };
  const end = (error: Error): void => {
    const { worker } = thread!;
    thread = undefined;
    void worker.terminate();
    take()?.reject(error);
    if (lasting || ++stops < MOST_STOPS) return next();
    // Row after row would take as long.
    givenUp = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  const open = () => {
    const worker = start({ templates }, megabytes);
    const opened = { worker, ready: false };
    const isOpen = () => thread === opened;
    worker.on('message', (reply: RenderReply) => {
      if (!isOpen()) return;
      if ('ready' in reply) {
        opened.ready = true;
        // From now on it is the template that takes time, not the thread's start.
        if (current) send(current);
      } else {
        take()?.resolve(reply.outcomes);
        next();
      }
    });
    worker.on('error', (cause: unknown) => {
      if (isOpen()) end(threadError(name, megabytes, cause));
    });
    worker.on('exit', () => {
      if (isOpen()) end(threadError(name, megabytes, undefined));
    });
    return opened;
  };
  const send = ({ jobs }: Pending): void => {
    thread!.worker.postMessage(jobs);
    timer = setTimeout(() => end(timeout(name, milliseconds)), milliseconds);
  };
  const next = (): void => {
    if (current) return;
    current = waiting.shift();
    if (!current) return thread?.worker.unref();
    thread ??= open();
    thread.worker.ref();
    if (thread.ready) send(current);
  };

  const post = (jobs: readonly RenderJob[]) =>
    new Promise<readonly RenderOutcome[]>((resolve, reject) => {
      if (closed) return reject(new AttuneError('DISPOSED', `The chat template (${name}) was closed.`));
      if (givenUp) return reject(givenUp);
      waiting.push({ jobs, resolve, reject });
      return next();
    });

  return {
    async render(jobs) {
      const outcomes: RenderOutcome[] = [];
      for (const part of inParts(jobs)) for (const outcome of await post(part)) outcomes.push(outcome);
      return outcomes;
    },
    async close() {
      closed = true;
      const error = new AttuneError(
        'DISPOSED',
        `The chat template (${name}) was closed while it was rendered.`,
      );
      for (const { reject } of waiting.splice(0)) reject(error);
      take()?.reject(error);
      const { worker } = thread ?? {};
      thread = undefined;
      await worker?.terminate();
    },
  };
}

/**
 * The most text that is copied to the thread at once, in UTF-16 units: the same long conversation may be in many
 * jobs.
 */
const PART = 2 ** 20;

function inParts(jobs: readonly RenderJob[]): RenderJob[][] {
  const parts: RenderJob[][] = [];
  let room = 0;
  for (const job of jobs) {
    const size = job.variables.length;
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = PART;
    }
    parts.at(-1)!.push(job);
    room -= size;
  }
  return parts;
}

function timeout(name: string, milliseconds: number): AttuneError {
  return new AttuneError(
    'TEMPLATE_FAILED',
    `The chat template (${name}) was stopped: it did not finish within ${milliseconds / 1000} seconds.`,
    {
      fix: 'It probably loops. Choose another template: chatml, llama3, plain, or a file.',
      data: { template: name },
    },
  );
}

function threadError(name: string, megabytes: number, cause: unknown): AttuneError {
  const outOfMemory = systemCode(cause) === 'ERR_WORKER_OUT_OF_MEMORY';
  return new AttuneError(
    'TEMPLATE_FAILED',
    outOfMemory
      ? `The chat template (${name}) was stopped: it took more than ${megabytes} MiB of memory.`
      : `The thread that renders the chat template (${name}) failed${cause instanceof Error ? `: ${cause.message}` : ''}.`,
    { fix: 'Choose another template: chatml, llama3, plain, or a file.', cause, data: { template: name } },
  );
}
