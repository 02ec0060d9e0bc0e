import { AttuneError } from '@attune/core';
import type { Platform, WorkerHandle } from './platform.js';
import type { Answer, Command, Description, Reply, Request, Start } from './protocol.js';

interface Pending {
  resolve(value: Answer): void;
  reject(error: unknown): void;
}

type Ready = Extract<Reply, { type: 'ready' }>;

/**
 * Workers over one memory: a leader, which does what it is told, and those who compute with it. When one of them fails, all
 * of them end, and whoever waits for an answer hears of it.
 */
export class WorkerTeam {
  private readonly workers: WorkerHandle[] = [];
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  private ended: AttuneError | undefined;
  /** While the workers start: hears of the first failure. */
  private failed: (error: AttuneError) => void = () => undefined;

  private constructor(private readonly platform: Platform) {}

  /**
   * Starts a leader and the other threads, and waits until all of them are there.
   *
   * @throws AttuneError BACKEND_FAILURE.
   */
  static async start(
    platform: Platform,
    start: Extract<Start, { type: 'lead' }>,
  ): Promise<{ readonly team: WorkerTeam; readonly description: Description }> {
    const team = new WorkerTeam(platform);
    const failure = new Promise<never>((_, reject) => (team.failed = reject));
    // It may come when nobody waits for it any more.
    failure.catch(() => undefined);
    const ready = (await Promise.race([team.add(start), failure])) as Ready;
    const { module } = start;
    const { crew, memory } = ready;
    const joined = ready.stacks.map((stack, i) =>
      team.add({ type: 'join', module, memory: memory!, crew, thread: i + 1, stack }),
    );
    await Promise.race([Promise.all(joined), failure]);
    for (const worker of team.workers) worker.release();
    return { team, description: ready };
  }

  /** True while it takes commands. */
  get alive(): boolean {
    return this.ended === undefined;
  }

  /** Sends a command without an answer. What is transferred must not be used afterwards. */
  tell(command: Command, transfer: readonly ArrayBuffer[] = []): void {
    if (this.ended) throw this.ended;
    this.leader.post(command, transfer);
  }

  /** Sends a request, and resolves with its answer. */
  ask<T>(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const call = this.calls++;
      this.tell({ type: 'ask', call, request }, transfer);
      if (this.pending.size === 0) this.leader.hold();
      this.pending.set(call, { resolve: resolve as (value: Answer) => void, reject });
    });
  }

  /** Lets the leader finish what it was told, then ends all workers. */
  async close(): Promise<void> {
    if (!this.ended) {
      try {
        await this.ask({ type: 'close' });
      } catch {
        // One of them ended meanwhile.
      }
    }
    this.ended ??= new AttuneError('DISPOSED', 'The engine was disposed.');
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private get leader(): WorkerHandle {
    return this.workers[0]!;
  }

  /** Starts a worker; resolves with the first thing that it says. */
  private add(start: Start): Promise<Reply> {
    return new Promise((resolve) => {
      let started = false;
      const worker = this.platform.startWorker({
        message: (reply) => {
          if (started) this.receive(reply);
          started = true;
          resolve(reply);
        },
        end: (how, cause) => this.end(how, cause),
      });
      this.workers.push(worker);
      worker.hold();
      worker.post(start);
    });
  }

  private receive(reply: Reply): void {
    if (reply.type !== 'done' && reply.type !== 'error') return;
    const pending = this.pending.get(reply.call);
    this.pending.delete(reply.call);
    if (this.pending.size === 0 && this.alive) this.leader.release();
    if (reply.type === 'done') pending?.resolve(reply.value);
    else pending?.reject(new AttuneError(reply.code, reply.message));
  }

  private end(how: string, cause: unknown): void {
    if (this.ended) return;
    const error = new AttuneError('BACKEND_FAILURE', `A worker of the engine ${how}.`, {
      cause,
      fix: 'Create a new backend, and restore from a checkpoint.',
    });
    this.ended = error;
    this.failed(error);
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    // Those that are left may wait at a barrier for one that never comes.
    for (const worker of this.workers) void worker.terminate();
  }
}
