import { AttuneError, isAttuneError } from '@attune/core';
import { BLOCK_BYTES } from '../collectives/blocks.js';
import type { Call } from '../collectives/header.js';
import type { Progress } from '../transport/progress.js';
import { Scratch } from '../collectives/staging.js';
import { startCall } from '../collectives/start-call.js';
import { MessageError, type Transport } from '../transport/transport.js';
import { capitalized } from '../peers/capitalized.js';
import { Watch } from '../peers/watch.js';
import { WORDS } from '../protocol/messages.js';

/**
 * Seconds for which a wait keeps the processor busy, and for which it then lets others have it in between: a large message moves
 * on in pieces, each within a poll. After that, the thread sleeps for a part of the time that it has waited.
 */
const BUSY = 20e-6;
const YIELDING = 1e-3;

const SHORTEST_SLEEP = 50e-6;
const LONGEST_SLEEP = 1e-3;

const seconds = (): number => performance.now() / 1000;

/** Carries out calls one after the other, and keeps the ranks informed of each other meanwhile. */
export class Session {
  private readonly scratch = new Scratch(BLOCK_BYTES);
  private watch?: Watch;
  private calls = 0;
  private timeoutSeconds = Infinity;
  private movedAt = seconds();

  /**
   * @param interrupted called while a call waits: it may end the process, or throw.
   * @param yieldProcessor lets other threads run, if there are any that want to.
   */
  constructor(
    private readonly transport: Transport,
    private readonly words: Int32Array,
    private readonly interrupted: () => void,
    private readonly yieldProcessor: () => void,
  ) {}

  /** Begins to look after the other ranks. */
  watchOver(hosts: readonly string[], timeoutSeconds: number): void {
    this.timeoutSeconds = timeoutSeconds;
    this.watch = new Watch(this.transport, { hosts, timeoutSeconds }, seconds());
    this.watch.begin(this.calls);
  }

  get error(): AttuneError | undefined {
    return this.watch?.error;
  }

  /** Carries a call out, and throws where that cannot be done. */
  carryOut(call: Call): void {
    if (this.error) throw this.error;
    const progress = this.attempt(() => startCall(this.transport, this.scratch, call, this.calls++));
    this.watch?.begin(this.calls);
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
      this.move();
    } catch (error) {
      this.watch?.fail(this.inWords(error));
    }
    const now = seconds();
    // The last message of a call may still need to be moved on: look often at first, then ever less.
    return Math.min(this.watch?.period ?? 1, Math.max(SHORTEST_SLEEP, (now - this.movedAt) / 2));
  }

  /** Lets the others know that this rank ends, and why, before it does. */
  giveUp(timeout: number): void {
    const { rank } = this.transport;
    this.watch?.fail(
      new AttuneError('RANK_LOST', `${capitalized(this.name(rank))} ended without having left the task.`, {
        data: { rank },
      }),
    );
    const until = seconds() + timeout;
    while (this.watch?.telling && seconds() < until) this.idle();
  }

  /** Moves messages on, and looks after the other ranks. @returns true if messages have come or gone. */
  private move(): boolean {
    const moved = this.transport.poll();
    const now = seconds();
    if (moved) this.movedAt = now;
    this.watch?.tick(now);
    return moved;
  }

  private waitFor(done: () => boolean, progress?: Progress): void {
    this.movedAt = seconds();
    let [steps, stepAt, lookedAt] = [0, this.movedAt, this.movedAt];
    while (!done()) {
      const moved = this.attempt(() => this.move());
      const now = seconds();
      // A process that was stopped, or whose machine slept, has not waited meanwhile.
      if (now - lookedAt > this.timeoutSeconds / 2) stepAt += now - lookedAt;
      lookedAt = now;
      if (progress?.error) this.fail(progress.error);
      if (this.error) throw this.error;
      if (!moved) this.rest(now - this.movedAt);
      // Ranks that compute are waited for; a connection that is down, between two that rank 0 can reach, is not.
      if (!progress || progress.steps !== steps || !this.watch?.allBegan)
        [steps, stepAt] = [progress?.steps ?? 0, now];
      else if (now - stepAt > this.timeoutSeconds) this.fail(this.stalled());
    }
    this.movedAt = seconds();
  }

  private stalled(): AttuneError {
    const text = `Nothing reaches ${this.name(this.transport.rank)} for ${this.timeoutSeconds} s, though all ranks take part.`;
    return new AttuneError('RANK_LOST', text, { fix: 'See whether all hosts can reach each other.' });
  }

  private rest(waited: number): void {
    this.interrupted();
    if (waited < BUSY) return;
    if (waited < YIELDING) return this.yieldProcessor();
    const sleep = Math.min(LONGEST_SLEEP, Math.max(SHORTEST_SLEEP, waited / 8));
    Atomics.wait(this.words, WORDS.sleep, 0, sleep * 1000);
  }

  /** An error of MPI ends all calls. */
  private attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      return this.fail(this.inWords(error));
    }
  }

  private fail(error: AttuneError): never {
    this.watch?.fail(error);
    throw this.error ?? error;
  }

  private name(rank: number): string {
    return this.watch && rank >= 0 ? this.watch.name(rank) : 'a rank';
  }

  private inWords(error: unknown): AttuneError {
    if (isAttuneError(error)) return error;
    if (!(error instanceof MessageError)) {
      return new AttuneError('RANK_LOST', `The thread of MPI failed: ${String(error)}`, { cause: error });
    }
    const [own, other] = [capitalized(this.name(this.transport.rank)), this.name(error.rank)];
    if (!error.disagree) {
      const data = error.rank < 0 ? {} : { rank: error.rank };
      return new AttuneError('RANK_LOST', `${own} cannot reach ${other}. ${error.message}.`, { data });
    }
    const text = `${own} got a longer message from ${other} than it expects: they make different calls.`;
    return new AttuneError('RANKS_DISAGREE', text);
  }
}
