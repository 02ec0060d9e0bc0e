import { Worker } from 'node:worker_threads';
import koffi from 'koffi';
import { AttuneError } from '@attune/core';
import type { CallKind } from '../collectives/header.js';
import {
  newWords,
  WORDS,
  type CallMessage,
  type RemoteArray,
  type Reply,
  type Started,
  type ThreadData,
} from '../protocol/messages.js';
import { toError } from '../protocol/errors.js';
import { setUpUcx } from './set-up-ucx.js';
import { endProcess } from './end-process.js';

/** Memory that a call reads and writes. */
export type Memory = Float32Array | Float64Array | Uint8Array;

interface Pending {
  /** Kept until the call is done: the other thread knows addresses only. */
  readonly arrays: readonly Memory[];
  readonly resolve: () => void;
  readonly reject: (error: AttuneError) => void;
}

/** Milliseconds in which the thread has to be out of MPI when the process ends. */
const LEAVE_MS = 2000;

/** Seconds in which all ranks have to start: some may have to load the program over a slow network. */
const START_SECONDS = 180;

/** The thread of MPI, as the rest of the process sees it. */
export class MpiThread {
  private readonly words = newWords();
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  /** Arrays of calls that failed: MPI may still write to them. */
  private readonly abandoned: (readonly Memory[])[] = [];
  private readonly onExit = (code: number): void => this.leave(code);
  private calls = 0;
  private fault?: AttuneError;
  private starting?: { resolve(started: Started): void; reject(error: AttuneError): void };

  constructor(data: Omit<ThreadData, 'words'>) {
    setUpUcx();
    const workerData: ThreadData = { ...data, words: this.words };
    this.worker = new Worker(new URL('../thread/main.js', import.meta.url), { workerData, execArgv: [] });
    this.worker.on('message', (reply: Reply) => this.hear(reply));
    this.worker.on('error', (error) => this.fail(new AttuneError('RANK_LOST', `The thread of MPI failed: ${error.message}`))); // prettier-ignore
    this.worker.on('exit', () => {
      process.off('exit', this.onExit);
      this.fail(new AttuneError('RANK_LOST', 'The thread of MPI has ended.'));
    });
    process.on('exit', this.onExit);
  }

  /** Resolves when all ranks have started. MPI itself may wait without end for one that does not. */
  async start(): Promise<Started> {
    const started = new Promise<Started>((resolve, reject) => {
      if (this.fault) reject(this.fault);
      this.starting = { resolve, reject };
    });
    const timer = setTimeout(() => {
      const text = `MPI has not started within ${START_SECONDS} s.`;
      const fix = 'See whether all hosts can reach each other, e.g. with "mpirun hostname".';
      this.fail(new AttuneError('COMMUNICATOR_UNAVAILABLE', text, { fix }));
    }, START_SECONDS * 1000);
    return await started.finally(() => clearTimeout(timer));
  }

  /** Hands a call to the thread; calls are carried out in their order. */
  call(kind: CallKind, arrays: readonly Memory[], owners: readonly number[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.fault) return reject(this.fault);
      const id = this.calls++;
      this.pending.set(id, { arrays, resolve, reject });
      // The process goes on while a call is under way, and only then.
      if (this.pending.size === 1) this.worker.ref();
      const message: CallMessage = { id, kind, arrays: arrays.map(remote), owners };
      this.worker.postMessage(message);
      this.wake();
    });
  }

  /** Ends all ranks with this exit code, as soon as the thread can. */
  abort(exitCode: number): void {
    Atomics.store(this.words, WORDS.abort, exitCode + 1);
    this.wake();
  }

  private wake(): void {
    Atomics.add(this.words, WORDS.calls, 1);
    Atomics.notify(this.words, WORDS.calls);
  }

  /** Ends the process without the thread, where that does not come out of MPI. */
  private leave(exitCode: number): void {
    Atomics.store(this.words, WORDS.leave, 1);
    this.wake();
    if (Atomics.wait(this.words, WORDS.left, 0, LEAVE_MS) === 'timed-out') endProcess(exitCode);
  }

  private hear(reply: Reply): void {
    if (reply.kind === 'started') {
      this.starting?.resolve(reply.started);
      if (this.pending.size === 0) this.worker.unref();
    } else if (reply.kind === 'not-started') {
      this.fail(toError(reply.error));
    } else {
      const call = this.pending.get(reply.id)!;
      this.pending.delete(reply.id);
      if (this.pending.size === 0) this.worker.unref();
      if (!reply.error) return call.resolve();
      this.abandoned.push(call.arrays);
      call.reject(toError(reply.error));
    }
  }

  /** Ends all calls under way, and refuses later ones. */
  private fail(error: AttuneError): void {
    this.fault ??= error;
    // It may be caught in MPI, where it waits for ranks that do not come: the process does not wait for it.
    this.worker.unref();
    this.starting?.reject(this.fault);
    for (const { arrays, reject } of this.pending.values()) {
      this.abandoned.push(arrays);
      reject(this.fault);
    }
    this.pending.clear();
  }
}

function remote(array: Memory): RemoteArray {
  const elementBytes = array.BYTES_PER_ELEMENT as RemoteArray['elementBytes'];
  return { address: array.length === 0 ? 0n : koffi.address(array), length: array.length, elementBytes };
}
