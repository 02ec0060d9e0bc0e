import { AttuneError, isAttuneError } from '@attune/core';
import { BLOCK_BYTES } from '../collectives/blocks.js';
import type { Call } from '../collectives/header.js';
import type { Progress } from '../transport/progress.js';
import { Scratch } from '../collectives/staging.js';
import { startCall } from '../collectives/start-call.js';
import type { Transport } from '../transport/transport.js';
import { Watch } from '../peers/watch.js';
import { WORDS } from '../protocol/messages.js';

/** Seconds for which a wait keeps the processor busy. After that, it sleeps for a part of the time that it has waited. */
const BUSY = 100e-6;

const SHORTEST_SLEEP = 50e-6;
const LONGEST_SLEEP = 1e-3;

const seconds = (): number => performance.now() / 1000;

/** Carries out calls one after the other, and keeps the ranks informed of each other meanwhile. */
export class Session {
  private readonly scratch = new Scratch(BLOCK_BYTES);
  private watch?: Watch;
  private calls = 0;
  private movedAt = seconds();

  /** @param interrupted called while a call waits: it may end the process, or throw. */
  constructor(
    private readonly transport: Transport,
    private readonly words: Int32Array,
    private readonly interrupted: () => void,
  ) {}

  /** Begins to look after the other ranks. */
  watchOver(hosts: readonly string[], timeoutSeconds: number): void {
    this.watch = new Watch(this.transport, { hosts, timeoutSeconds }, seconds());
  }

  get error(): AttuneError | undefined {
    return this.watch?.error;
  }

  /** Carries a call out, and throws where that cannot be done. */
  carryOut(call: Call): void {
    if (this.error) throw this.error;
    const progress = this.attempt(() => startCall(this.transport, this.scratch, call, this.calls++));
    this.waitFor(() => progress.done, progress);
  }

  /** Exchanges last messages with the other ranks, for `timeout` seconds at most. */
  leave(timeout: number): void {
    this.watch?.leave();
    const until = seconds() + timeout;
    this.waitFor(() => this.watch?.left !== false || seconds() > until);
  }

  /** Moves messages on, and returns for how many seconds the thread may sleep. */
  idle(): number {
    try {
      if (this.transport.poll()) this.movedAt = seconds();
    } catch (error) {
      this.watch?.fail(error as AttuneError);
    }
    const now = seconds();
    this.watch?.tick(now);
    // The last message of a call may still need to be moved on: look often at first, then ever less.
    return Math.min(this.watch?.period ?? 1, Math.max(SHORTEST_SLEEP, (now - this.movedAt) / 2));
  }

  /** Lets the others know of an error before the process ends. */
  flush(timeout: number): void {
    const until = seconds() + timeout;
    while (this.watch?.telling && seconds() < until) this.idle();
  }

  private waitFor(done: () => boolean, progress?: Progress): void {
    this.movedAt = seconds();
    while (!done()) {
      const moved = this.attempt(() => this.transport.poll());
      const now = seconds();
      this.watch?.tick(now);
      if (progress?.error) this.fail(progress.error);
      if (this.error) throw this.error;
      if (moved) this.movedAt = now;
      else this.rest(now - this.movedAt);
    }
    this.movedAt = seconds();
  }

  private rest(waited: number): void {
    this.interrupted();
    if (waited < BUSY) return;
    const sleep = Math.min(LONGEST_SLEEP, Math.max(SHORTEST_SLEEP, waited / 8));
    Atomics.wait(this.words, WORDS.sleep, 0, sleep * 1000);
  }

  /** An error of MPI ends all calls. */
  private attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      return this.fail(
        isAttuneError(error) ? error : new AttuneError('RANK_LOST', String(error), { cause: error }),
      );
    }
  }

  private fail(error: AttuneError): never {
    this.watch?.fail(error);
    throw error;
  }
}
