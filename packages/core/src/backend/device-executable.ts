import { feedBounds, type FeedBound } from '../builder/feed-bounds.js';
import type { Executable } from '../contracts/backend.js';
import { AttuneError, isAttuneError } from '../errors/index.js';
import type { Program } from '../program/program.js';
import { item, type HostTensors } from '../tensor/index.js';
import { checkFeeds } from './check-feeds.js';
import type { DeviceState } from './device-state.js';
import type { CompiledProgram, RunResults } from './engine.js';

/** The {@link Executable} of every engine: checks feeds, waits for its turn, commits updates, fetches outputs. */
export class DeviceExecutable<Handle> implements Executable {
  private disposed = false;
  private readonly bounds: readonly FeedBound[];

  constructor(
    /** As the caller wrote it, before it was legalised. */
    readonly program: Program,
    private readonly compiled: CompiledProgram<Handle>,
    private readonly state: DeviceState<Handle>,
  ) {
    this.bounds = feedBounds(program);
  }

  private assertUsable(): void {
    if (this.disposed) throw new AttuneError('DISPOSED', `Program "${this.program.name}" was disposed.`);
  }

  async run(feeds: HostTensors = {}): Promise<HostTensors> {
    this.assertUsable();
    checkFeeds(this.program, this.bounds, feeds);
    // The caller may overwrite its arrays as soon as this call returns.
    const copies = Object.fromEntries(
      Object.entries(feeds).map(([name, feed]) => [name, { ...feed, data: feed.data.slice() }]),
    );
    const { outputs } = await this.state.schedule(() => {
      this.assertUsable();
      return this.guard(() => this.step(copies));
    });
    // Awaited outside of the queue, so that the next run may begin meanwhile.
    return this.guard(() => outputs);
  }

  /** Runs the program and commits its updates. The outputs are on their way when it is done, but need not be there. */
  private async step(feeds: HostTensors): Promise<{ readonly outputs: Promise<HostTensors> }> {
    const state = this.state.handles(Object.keys(this.program.state));
    const committed = new Set<string>();
    const results = await this.compiled.run(state, feeds, (name, handle) => {
      committed.add(name);
      this.state.commit(new Map([[name, handle]]));
    });
    // All at once, the guard's value among them: to fetch it first would cost a GPU's step two round trips.
    const outputs = this.fetch(results.outputs);
    outputs.catch(() => undefined);
    const holds = await this.holds(outputs);
    this.checkUpdates(results, committed, holds);
    if (holds) this.state.commit(results.updates);
    else this.drop(results.updates, state);
    return { outputs };
  }

  /** @throws AttuneError BACKEND_FAILURE unless an engine did with the updates what it said: handed over all or none of them. */
  private checkUpdates(
    { updates }: RunResults<Handle>,
    committed: ReadonlySet<string>,
    holds: boolean,
  ): void {
    const { commits = false } = this.compiled;
    const names = Object.keys(this.program.updates);
    const expected = commits && holds ? names : [];
    const agrees = committed.size === expected.length && expected.every((name) => committed.has(name));
    if (agrees && updates.size === (commits ? 0 : names.length)) return;
    throw new AttuneError(
      'BACKEND_FAILURE',
      `The engine committed ${committed.size} and returned ${updates.size} of ${names.length} updates ` +
        `${holds ? 'of a run' : 'under a guard that is false'}.`,
    );
  }

  /** True if the program's guard, if it has one, allows the updates. */
  private async holds(outputs: Promise<HostTensors>): Promise<boolean> {
    const { guard } = this.program;
    return guard === undefined || item((await outputs)[guard]!) !== 0;
  }

  /** Frees updates that are not to be committed. */
  private drop(updates: ReadonlyMap<string, Handle>, state: ReadonlyMap<string, Handle>): void {
    for (const [name, handle] of updates) {
      if (handle === state.get(name)) {
        throw new AttuneError(
          'BACKEND_FAILURE',
          `The engine updated "${name}" in place, though the program has a guard.`,
        );
      }
      this.state.engine.free(handle);
    }
  }

  private async fetch(outputs: ReadonlyMap<string, Handle>): Promise<HostTensors> {
    const { engine } = this.state;
    const entries = [...outputs].map(async ([name, handle]) => {
      try {
        return [name, await engine.download(handle)] as const;
      } finally {
        engine.free(handle);
      }
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /**
   * Turns whatever an engine throws into a typed error, and poisons the State with it. Any other code than these two
   * would say that nothing has run: of an index that is found out of range halfway, for one.
   */
  private async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure =
        isAttuneError(error, 'BACKEND_FAILURE') || isAttuneError(error, 'OUT_OF_MEMORY')
          ? error
          : new AttuneError(
              'BACKEND_FAILURE',
              `Backend "${this.state.engine.name}" failed in program "${this.program.name}": ` +
                `${isAttuneError(error) ? `${error.code}: ${error.message}` : String(error)}`,
              { cause: error },
            );
      this.state.poisonWith(failure);
      throw failure;
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.state.release(() => this.compiled.dispose());
  }
}
