import type { State } from '../contracts/backend.js';
import { AttuneError, didYouMean } from '../errors/index.js';
import {
  checkTensorSizes,
  formatSpec,
  hasAllElements,
  sameShape,
  zeros,
  type HostTensor,
  type HostTensors,
  type TensorSpecs,
} from '../tensor/index.js';
import { checkDTypes } from './check-dtypes.js';
import type { Engine } from './engine.js';

/** The order of work on one State and its family, and whether it can still be trusted. */
class WorkQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private readonly afterwards: (() => void)[] = [];
  private running = false;
  private poison?: unknown;

  /** Runs `work` after everything that was queued before it. */
  enqueue<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.tail.then(async () => {
      this.assertTrusted();
      this.running = true;
      try {
        return await work();
      } finally {
        this.running = false;
        for (const release of this.afterwards.splice(0)) release();
      }
    });
    this.tail = result.catch(() => undefined);
    return result;
  }

  /** Frees something: at once, or, where work is under way that may use it, when that is done. */
  release(free: () => void): void {
    if (this.running) this.afterwards.push(free);
    else free();
  }

  /** Marks the tensors as no longer trustworthy, and why. */
  poisonWith(cause: unknown): void {
    this.poison ??= cause;
  }

  /** @throws AttuneError STATE_POISONED. */
  assertTrusted(): void {
    if (this.poison === undefined) return;
    const reason = this.poison instanceof Error ? this.poison.message : String(this.poison);
    throw new AttuneError('STATE_POISONED', `An earlier run on this State failed halfway: ${reason}`, {
      cause: this.poison,
      fix: 'Allocate a new State and restore it from a checkpoint.',
    });
  }
}

/** The device that States live on: gone once its backend is disposed, and everything on it with it. */
export interface DeviceLifetime {
  disposed: boolean;
}

/** The {@link State} of every engine: handles by name, its own and those it shares with its parents. */
export class DeviceState<Handle> implements State {
  private readonly own = new Map<string, Handle>();
  private readonly queue: WorkQueue;
  private disposed = false;
  readonly spec: TensorSpecs;
  readonly view?: NonNullable<State['view']>;

  /** A State whose tensors have their memory. @throws AttuneError OUT_OF_MEMORY, when nothing of it is left. */
  static async allocate<Handle>(
    ...parameters: ConstructorParameters<typeof DeviceState<Handle>>
  ): Promise<DeviceState<Handle>> {
    const state = new DeviceState<Handle>(...parameters);
    try {
      await state.engine.settle?.();
      return state;
    } catch (error) {
      state.dispose();
      throw error;
    }
  }

  constructor(
    readonly engine: Engine<Handle>,
    ownSpec: TensorSpecs,
    private readonly device: DeviceLifetime,
    private readonly parent?: DeviceState<Handle>,
  ) {
    for (const name of Object.keys(ownSpec)) {
      if (parent?.spec[name]) {
        throw new AttuneError('INVALID_ARGUMENT', `The State has a tensor "${name}" already.`, {
          fix: 'A child State takes new names only.',
        });
      }
    }
    checkTensorSizes(ownSpec);
    const named = Object.entries(ownSpec).map(([name, spec]) => [`"${name}"`, spec] as const);
    checkDTypes(engine, 'The State', named);
    this.queue = parent?.queue ?? new WorkQueue();
    this.spec = { ...parent?.spec, ...ownSpec };
    if (engine.view) this.view = (names) => this.fetch(names, (handle) => engine.view!(handle));
    try {
      // A parameter is a spec and more, which no engine is to keep.
      for (const [name, { shape, dtype }] of Object.entries(ownSpec)) {
        const spec = { shape, dtype };
        this.own.set(name, engine.zeros?.(spec) ?? engine.upload(zeros(spec)));
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  private owner(name: string): DeviceState<Handle> {
    if (this.own.has(name)) return this;
    if (this.parent) return this.parent.owner(name);
    throw new AttuneError(
      'UNKNOWN_TENSOR',
      `The State has no tensor "${name}". ${didYouMean(name, Object.keys(this.spec))}`,
    );
  }

  /** @throws AttuneError DISPOSED. */
  assertUsable(): void {
    if (this.disposed) throw new AttuneError('DISPOSED', 'This State was disposed.');
    if (this.device.disposed)
      throw new AttuneError('DISPOSED', `Backend "${this.engine.name}" was disposed.`);
    this.parent?.assertUsable();
  }

  /** Handles of the named tensors as they are now. To be called from within the queue. */
  handles(names: Iterable<string>): Map<string, Handle> {
    return new Map([...names].map((name) => [name, this.owner(name).own.get(name)!]));
  }

  /** Replaces handles, freeing those that go. To be called from within the queue. */
  commit(updates: ReadonlyMap<string, Handle>): void {
    for (const [name, handle] of updates) {
      const { own } = this.owner(name);
      const before = own.get(name)!;
      own.set(name, handle);
      if (before !== handle) this.engine.free(before);
    }
  }

  /** Queues work on this State's tensors. Fails at once if the State is disposed. */
  async schedule<T>(work: () => T | Promise<T>): Promise<T> {
    this.assertUsable();
    return this.queue.enqueue(() => {
      this.assertUsable();
      return work();
    });
  }

  poisonWith(cause: unknown): void {
    this.queue.poisonWith(cause);
  }

  /** Frees something on the device as soon as no work is under way. What a disposed device held is gone already. */
  release(free: () => void): void {
    if (!this.device.disposed) this.queue.release(free);
  }

  async read(names: readonly string[] = Object.keys(this.spec)): Promise<HostTensors> {
    return this.fetch(names, (handle) => this.engine.download(handle));
  }

  /** Takes all of these tensors between two runs. */
  private async fetch(
    names: readonly string[],
    take: (handle: Handle) => HostTensor | Promise<HostTensor>,
  ): Promise<HostTensors> {
    this.assertUsable();
    names.forEach((name) => this.owner(name));
    return this.schedule(async () => {
      const entries = [...this.handles(names)].map(
        async ([name, handle]) => [name, await take(handle)] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    });
  }

  async write(values: HostTensors): Promise<void> {
    this.assertUsable();
    for (const [name, value] of Object.entries(values)) {
      this.owner(name);
      const expected = this.spec[name]!;
      const fits = sameShape(expected.shape, value.shape) && hasAllElements(value);
      if (fits && expected.dtype === value.dtype) continue;
      throw new AttuneError(
        fits ? 'DTYPE_MISMATCH' : 'SHAPE_MISMATCH',
        `State "${name}" is ${formatSpec(expected)}, but ${formatSpec(value)} of ${value.data.length} elements ` +
          'was written to it.',
      );
    }
    // Sent at once, so that the caller may overwrite its arrays as soon as this call returns.
    const handles = new Map<string, Handle>();
    try {
      for (const [name, value] of Object.entries(values)) handles.set(name, this.engine.upload(value));
      await this.schedule(async () => {
        await this.engine.settle?.();
        this.commit(handles);
      });
    } catch (error) {
      this.release(() => handles.forEach((handle) => this.engine.free(handle)));
      throw error;
    }
  }

  async extend(spec: TensorSpecs): Promise<DeviceState<Handle>> {
    this.assertUsable();
    this.queue.assertTrusted();
    return DeviceState.allocate(this.engine, spec, this.device, this);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.release(() => {
      for (const handle of this.own.values()) this.engine.free(handle);
      this.own.clear();
    });
  }
}
