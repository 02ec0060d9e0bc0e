import type { Report, Request, SavedRun } from '../protocol.js';
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

/** What a run can go on from, for the page; none where even that cannot be read. */
async function findSaved(): Promise<SavedRun | undefined> {
  return (await RunStore.find())?.describe();
}

async function train(open: () => Promise<Session>): Promise<void> {
  try {
    session = await open();
    report({ kind: 'stopped', why: await session.run() });
  } finally {
    const ended = session;
    session = undefined;
    await ended?.close();
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
    report({ kind: 'preparing', what: 'Preparing the text…' });
    const store = await RunStore.create(settings, text);
    report({ kind: 'preparing', what: 'Compiling the model…' });
    await train(() => Session.open(store, backend, report));
  },
  async continue({ backend }) {
    report({ kind: 'preparing', what: 'Reading the checkpoint…' });
    const store = await RunStore.find();
    if (!store) throw new Error('The run that was saved is gone.');
    await train(() => Session.open(store, backend, report));
  },
  async pause() {
    if (session) session.pausing = true;
  },
  async save() {
    if (session) session.saving = true;
  },
  download,
  async open({ archive }) {
    report({ kind: 'preparing', what: 'Reading the run…' });
    await RunStore.import(await readRunArchive(archive), archive.name);
    report({ kind: 'opened', saved: (await findSaved())! });
  },
  async discard() {
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
    const [backends, saved] = [await findBackends(), await findSaved()];
    report({
      kind: 'environment',
      backends,
      isolated: globalThis.crossOriginIsolated,
      ...(saved && { saved }),
    });
  } catch (error) {
    report({ kind: 'failed', message: messageOf(error) });
  }
}

void begin();
