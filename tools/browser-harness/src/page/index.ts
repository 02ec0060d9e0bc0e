/**
 * The part of the harness that runs in a page or a worker.
 *
 * @packageDocumentation
 */
import { Recorder, type FixtureLoader, type TestRunner } from '@attune/backend-testkit';
import type { RemoteError, RemoteResult, RemoteTests } from '../protocol.js';

/** Loads what the spec serves as `files`. */
export const files: FixtureLoader = async (path) => {
  const response = await fetch(new URL(`/files/${path}`, location.href));
  if (!response.ok) throw new Error(`GET /files/${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

/** Hands a file to the spec, which keeps it as its `save` says. */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  const body = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
  const response = await fetch(new URL(`/files/${path}`, location.href), { method: 'PUT', body });
  if (!response.ok) throw new Error(`PUT /files/${path}: ${response.status}`);
}

declare const location: { readonly href: string };

function remoteError(error: unknown): RemoteError {
  if (!(error instanceof Error)) return { message: String(error) };
  return { message: error.message, ...(error.stack !== undefined && { stack: error.stack }) };
}

async function settle<T>(work: () => Promise<T>): Promise<RemoteResult<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: remoteError(error) };
  }
}

/** A numbered call. Its result goes back under the same number. */
interface Call {
  readonly call: number;
  readonly id?: number;
}

/** Where a worker hears of calls. */
interface WorkerScope {
  onmessage: (event: { readonly data: Call }) => void;
  postMessage(message: unknown): void;
}

/** Where a process that was forked hears of calls. */
interface ForkedProcess {
  on(event: 'message', listener: (call: Call) => void): void;
  send(message: unknown): void;
}

/**
 * Offers tests to the spec that opened this page, this worker or this process. To be called once, by its entry:
 *
 * ```ts
 * serveTests((runner) => describeBackend({ name: 'mine', create, runner, fixtures: files }));
 * ```
 */
export function serveTests(register: (runner: TestRunner) => void | Promise<void>): void {
  const recorder = new Recorder();
  const registered = settle(async () => {
    await register(recorder);
    return recorder.root;
  });
  const tests: RemoteTests = {
    suite: () => registered,
    run: (id) =>
      settle(async () => {
        await recorder.run(id);
        return null;
      }),
  };
  if ('document' in globalThis) {
    (globalThis as { attuneTests?: RemoteTests }).attuneTests = tests;
    return;
  }
  const answer = async ({ call, id }: Call) => ({
    call,
    result: await (id === undefined ? tests.suite() : tests.run(id)),
  });
  const { process } = globalThis as { process?: Partial<ForkedProcess> };
  if (typeof process?.send === 'function') {
    const forked = process as ForkedProcess;
    forked.on('message', (call) => void answer(call).then((result) => forked.send(result)));
    return;
  }
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => void answer(data).then((result) => scope.postMessage(result));
}
