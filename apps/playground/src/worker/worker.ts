import { AttuneError } from '@attune/core';
import type { BackendName, Report, Request, SavedRun, WriteOptions } from '../protocol.js';
import { archiveRun, ARCHIVED_FOLDER } from './run-archive.js';
import { findBackends } from './backends.js';
import { readRunArchive } from './import-run.js';
import { RunStore } from './run-store.js';
import { messageOf, Session } from './session.js';

const scope = globalThis as unknown as {
  postMessage(report: Report): void;
  onmessage: (event: { readonly data: Request }) => void;
};
const report = (message: Report) => scope.postMessage(message);

let session: Session | undefined;

/** A run that does not train: it is kept, to write with, until it trains again or goes. */
let idle: { readonly session: Session; readonly backend: BackendName } | undefined;
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
  await ended?.session.close();
}

/** The run that can be resumed, for the page; `undefined` where it cannot be read. */
async function findSaved(): Promise<SavedRun | undefined> {
  return (await RunStore.find())?.describe();
}

async function train(store: RunStore, backend: BackendName): Promise<void> {
  try {
    session = await Session.open(store, backend, report);
    const why = await session.run();
    idle = { session, backend };
    session = undefined;
    report({ kind: 'stopped', why });
  } finally {
    const failed = session;
    session = undefined;
    await failed?.close();
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
      await old?.session.close();
      const store = await RunStore.find();
      if (!store) throw new Error('The run that was saved is gone.');
      // It does not train: only what it writes is of interest.
      const quiet = (message: Report) => {
        if (message.kind === 'note' || message.kind === 'written') report(message);
      };
      idle = { session: await Session.open(store, backend, quiet), backend };
    }
    await idle.session.continueText(options, () => unwanted);
  } catch (error) {
    report({ kind: 'unwritten', message: messageOf(error) });
    // After anything but a prompt that cannot be, as when the GPU is lost, it begins afresh.
    if (error instanceof AttuneError && BAD_INPUT.has(error.code)) return;
    const failed = idle;
    idle = undefined;
    await failed?.session.close();
  }
}

async function download(): Promise<void> {
  const store = await RunStore.find();
  if (!store) return;
  const { step } = (await store.describe())!;
  const file = await archiveRun(store);
  report({ kind: 'archive', file: file as Blob, name: `${ARCHIVED_FOLDER}-step-${step}.zip` });
}

const handlers: { [K in Request['kind']]: (request: Extract<Request, { kind: K }>) => Promise<void> } = {
  async start({ backend, settings, text }) {
    await closeIdle();
    report({ kind: 'preparing', what: 'Preparing the text…' });
    const store = await RunStore.create(settings, text);
    report({ kind: 'preparing', what: 'Compiling the model…' });
    await train(store, backend);
  },
  async continue({ backend }) {
    report({ kind: 'preparing', what: 'Reading the checkpoint…' });
    await closeIdle();
    const store = await RunStore.find();
    if (!store) throw new Error('The run that was saved is gone.');
    await train(store, backend);
  },
  async pause() {
    if (session) session.pausing = true;
  },
  async write({ backend, options }) {
    await writing;
    unwanted = false;
    if (!session) await (writing = write(backend, options));
  },
  async stopWriting() {
    unwanted = true;
  },
  async save() {
    if (session) session.saving = true;
  },
  download,
  async open({ archive }) {
    report({ kind: 'preparing', what: 'Reading the run…' });
    await closeIdle();
    const run = await readRunArchive(archive);
    report({ kind: 'opened', saved: await RunStore.import(run, archive.name) });
  },
  async discard() {
    await closeIdle();
    await RunStore.discard();
    report({ kind: 'discarded' });
  },
};

scope.onmessage = ({ data: request }) => {
  const handler = handlers[request.kind] as (request: Request) => Promise<void>;
  handler(request).catch(async (error: unknown) => {
    const saved = await findSaved().catch(() => undefined);
    report({ kind: 'failed', message: messageOf(error), ...(saved && { saved }) });
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
    const isolated = globalThis.crossOriginIsolated;
    try {
      const saved = await findSaved();
      report({ kind: 'environment', backends, isolated, ...(saved && { saved }) });
    } catch (error) {
      report({ kind: 'environment', backends, isolated });
      const message = `The run that is stored here cannot be read, and a new one replaces it. ${messageOf(error)}`;
      report({ kind: 'failed', message });
    }
  } catch (error) {
    report({ kind: 'failed', message: messageOf(error) });
  }
}

void begin();
