import { once } from 'node:events';
import { Worker as Thread, type TransferListItem } from 'node:worker_threads';
import { AttuneError } from '@attune/core';
import { StartFailure } from './start-failure.js';
import { disableTelemetry } from './telemetry.js';
import type { Call, Command, PlainError, Reply, WorkerSettings } from './protocol.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The compiled worker beside this file. */
const compiled = new URL('./main.js', import.meta.url);

function revive({ message, code, attune }: PlainError): Error {
  if (attune) return new AttuneError(attune, message);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

/** The version of onnxruntime, once it has loaded in the thread. */
async function loaded(thread: Thread): Promise<string> {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  try {
    return await Promise.race([
      once(thread, 'message', options).then(([reply]: Reply[]) => {
        if (reply?.type === 'ready') return reply.version;
        throw StartFailure.from(reply?.type === 'failed' ? revive(reply.error) : new Error('no answer'));
      }),
      once(thread, 'exit', options).then(([code]) => {
        throw new StartFailure(`its worker ended with code ${String(code)}`);
      }),
    ]);
  } finally {
    listening.abort();
  }
}

/**
 * The worker thread, seen from the main one: commands go out, replies come back by number. A process that waits for no
 * reply may end, whether or not the worker was closed.
 */
export class Worker {
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  private ended?: AttuneError;

  private constructor(
    private readonly thread: Thread,
    /** The version of onnxruntime. */
    readonly version: string,
  ) {
    thread.on('message', (reply: Reply) => this.receive(reply));
    thread.on('error', (error) => this.end(`failed: ${error.message}`, error));
    thread.on('exit', (code) => this.end(`ended with code ${code}`));
    thread.unref();
  }

  /** Starts the thread, and waits until onnxruntime has loaded. @throws StartFailure, or what made the thread fail. */
  static async start(settings: WorkerSettings, file: URL = compiled): Promise<Worker> {
    disableTelemetry();
    const thread = new Thread(file, { workerData: settings });
    try {
      return new Worker(thread, await loaded(thread));
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  /** Sends a command, and resolves with its reply. What is to be transferred must not be used afterwards. */
  async ask<T>(command: Command, transfer: readonly TransferListItem[] = []): Promise<T> {
    this.assertAlive();
    if (this.pending.size === 0) this.thread.ref();
    return new Promise<T>((resolve, reject) => {
      const call: Call = { call: this.calls++, command };
      this.pending.set(call.call, { resolve: resolve as (value: unknown) => void, reject });
      this.thread.postMessage(call, transfer);
    });
  }

  /** Sends a command whose failure, if it fails, shows in those after it. */
  tell(command: Command, transfer: readonly TransferListItem[] = []): void {
    this.assertAlive();
    this.thread.postMessage({ call: -1, command } satisfies Call, transfer);
  }

  /** True while the thread takes commands. */
  get alive(): boolean {
    return this.ended === undefined;
  }

  /** Lets the thread finish what it was told, then ends it. */
  async close(): Promise<void> {
    if (!this.alive) return;
    const exit = new Promise<void>((resolve) => this.thread.once('exit', () => resolve()));
    this.thread.ref();
    this.thread.postMessage({ call: -1, command: { type: 'close' } } satisfies Call);
    this.ended = new AttuneError('DISPOSED', 'Backend "cpu" was disposed.');
    await exit;
  }

  private assertAlive(): void {
    if (this.ended) throw this.ended;
  }

  private receive(reply: Reply): void {
    if (reply.type !== 'done' && reply.type !== 'error') return;
    const pending = this.pending.get(reply.call);
    this.pending.delete(reply.call);
    if (this.pending.size === 0 && this.alive) this.thread.unref();
    if (reply.type === 'done') pending?.resolve(reply.value);
    else pending?.reject(revive(reply.error));
  }

  private end(how: string, cause?: unknown): void {
    this.ended ??= new AttuneError('BACKEND_FAILURE', `The worker of backend "cpu" ${how}.`, {
      cause,
      fix: 'Create a new backend, and restore from a checkpoint.',
    });
    for (const { reject } of this.pending.values()) reject(this.ended);
    this.pending.clear();
  }
}
