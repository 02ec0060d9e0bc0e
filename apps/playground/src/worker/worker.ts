// First: the schemas of other modules are made when these are loaded.
import './without-eval.js';
import { AttuneError } from '@attune/core';
import { pretrain, resume, start, type RunAudience } from '@attune/runs';
import type { BackendName, Report, Request, SavedRun, WriteOptions } from '../protocol.js';
import {
  checkedSettings,
  inWordsOfForm,
  runConfig,
  settingFields,
  sizes,
} from '../settings/pretrain-settings.js';
import { findBackends } from './host/backends.js';
import { storageFault } from './host/storage-fault.js';
import { browserHost } from './pretrain/browser-host.js';
import { importRun } from './pretrain/import-run.js';
import { Models } from './model-handlers.js';
import { archiveRun } from './pretrain/run-archive.js';
import { clearRunFolder, discardRun, RUN, StoredRun } from './pretrain/stored-run.js';
import { Training } from './pretrain/training.js';
import { Writer } from './pretrain/writer.js';

const scope = globalThis as unknown as {
  postMessage(report: Report): void;
  onmessage: (event: { readonly data: Request }) => void;
};
const report = (message: Report) => scope.postMessage(message);

/** The run that trains. */
let training: Training | undefined;

/** The model of a run that does not train, once something was written with it, until it trains again or goes. */
let idle: { readonly writer: Writer; readonly backend: BackendName } | undefined;
/** The text that is being written. */
let writing: Promise<void> = Promise.resolve();
/** True if its reader wants no more of it; maybe while the model is still being opened. */
let unwanted = false;

/** Gives back what an idle run holds. */
async function closeIdle(): Promise<void> {
  const ended = idle;
  idle = undefined;
  unwanted = true;
  await writing;
  await ended?.writer.close();
}

/** The run that can be resumed, for the page; `undefined` where it cannot be read. */
async function findSaved(): Promise<SavedRun | undefined> {
  return (await StoredRun.find())?.describe();
}

/** @param upTo the step after which it pauses. */
async function train(run: (audience: RunAudience) => Promise<void>, upTo?: number): Promise<void> {
  training = new Training(report, upTo);
  try {
    report({ kind: 'stopped', why: await training.watch(run) });
  } finally {
    training = undefined;
  }
}

/** Codes of errors that are about what was asked. */
const BAD_INPUT: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'INVALID_CONFIG']);

/** Writes with the run as it was saved. */
async function write(backend: BackendName, options: WriteOptions): Promise<void> {
  try {
    if (idle?.backend !== backend) {
      const old = idle;
      idle = undefined;
      await old?.writer.close();
      idle = { writer: await Writer.open(await StoredRun.get(), backend), backend };
    }
    await idle.writer.continueText(options, report, () => unwanted);
  } catch (error) {
    report({ kind: 'unwritten', message: messageOf(error) });
    // After anything but a prompt that cannot be, as when the GPU is lost, it begins afresh.
    if (error instanceof AttuneError && BAD_INPUT.has(error.code)) return;
    const failed = idle;
    idle = undefined;
    await failed?.writer.close();
  }
}

async function download(): Promise<void> {
  const { file, step } = await archiveRun(await StoredRun.get());
  report({ kind: 'archive', file: file as Blob, name: `${RUN}-step-${step}.zip` });
}

/**
 * The message of whatever was thrown, in the page's words.
 *
 * @param isOfForm true if settings that it names are those of the form, and not of a file.
 */
function messageOf(error: unknown, isOfForm = false): string {
  if (error instanceof AttuneError) return inWordsOfForm(error.message, isOfForm);
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Models that are opened, fine-tuned and talked with. */
const models = new Models({ report, isPretraining: () => training !== undefined, closeIdle });

const handlers: { [K in Request['kind']]: (request: Extract<Request, { kind: K }>) => Promise<void> } = {
  ...models.handlers,
  async start({ backend, settings, text, steps }) {
    await models.makeWay();
    await closeIdle();
    report({ kind: 'preparing', what: 'Preparing the text…' });
    const config = runConfig(checkedSettings(settings, 'The form'));
    const run = await clearRunFolder(text?.name);
    const host = browserHost({ run, backend, text });
    const request = { config, out: run.name, overwrite: false };
    await train((audience) => start(pretrain, request, host, audience), steps);
  },
  async continue({ backend, steps }) {
    report({ kind: 'preparing', what: 'Reading the checkpoint…' });
    await models.makeWay();
    await closeIdle();
    const stored = await StoredRun.get();
    const { folder: run } = stored;
    const begun = steps === undefined ? undefined : (await stored.newest())?.checkpoint.step;
    const host = browserHost({ run, backend });
    const upTo = steps === undefined ? undefined : (begun ?? 0) + steps;
    await train((audience) => resume(pretrain, { run: run.name, given: {} }, host, audience), upTo);
  },
  async pause() {
    if (training) training.stopping = true;
  },
  async write({ backend, options }) {
    try {
      await models.makeWay();
    } catch (error) {
      report({ kind: 'unwritten', message: messageOf(error) });
      return;
    }
    await writing;
    unwanted = false;
    if (!training) await (writing = write(backend, options));
  },
  async stopWriting() {
    unwanted = true;
  },
  async save() {
    if (training) training.saving = true;
  },
  download,
  async open({ archive }) {
    report({ kind: 'preparing', what: 'Reading the run…' });
    await closeIdle();
    report({ kind: 'opened', saved: await importRun(archive) });
  },
  async discard() {
    await closeIdle();
    await discardRun();
    report({ kind: 'discarded' });
  },
};

scope.onmessage = ({ data: request }) => {
  const handler = handlers[request.kind] as (request: Request) => Promise<void>;
  handler(request).catch(async (error: unknown) => {
    const saved = await findSaved().catch(() => undefined);
    const message = messageOf(error, request.kind === 'start');
    report({ kind: 'failed', message, ...(saved && { saved }) });
  });
};

/** How long to wait for a tab that is just being closed. */
const LOCK_PATIENCE_MS = 3000;

/** Two tabs would write over each other's checkpoints. Held until this worker ends. */
async function lockRun(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    navigator.locks
      .request('attune-playground', { signal: AbortSignal.timeout(LOCK_PATIENCE_MS) }, () => {
        resolve();
        return new Promise(() => undefined);
      })
      .catch(reject);
  });
}

async function begin(): Promise<void> {
  report({ kind: 'form', fields: settingFields, sizes });
  const fault = await storageFault();
  if (fault !== undefined) {
    report({ kind: 'failed', message: fault });
    return;
  }
  try {
    await lockRun();
  } catch {
    report({
      kind: 'failed',
      message: 'The playground is open in another tab. Go on there, or close it and load this page again.',
    });
    return;
  }
  try {
    const backends = await findBackends();
    try {
      const saved = await findSaved();
      report({ kind: 'environment', backends, ...(saved && { saved }) });
    } catch (error) {
      report({ kind: 'environment', backends });
      const message = `The run that is stored here cannot be read, and a new one replaces it. ${messageOf(error)}`;
      report({ kind: 'failed', message });
    }
    await models.begin();
  } catch (error) {
    report({ kind: 'failed', message: messageOf(error) });
  }
}

void begin();
