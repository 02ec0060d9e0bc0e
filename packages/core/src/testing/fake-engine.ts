import type { Commit, Engine, RunResults } from '../backend/engine.js';
import { interpret } from '../interpreter/index.js';
import { opNames, type OpName } from '../ops/table.js';
import type { Program } from '../program/index.js';
import { NdArray } from '../tensor/index.js';
import { hostTensor, type HostTensor } from '../tensor/index.js';

/** A tensor of the {@link FakeEngine}. */
export interface FakeHandle {
  tensor: HostTensor;
}

/** How the fake engine behaves. */
export interface FakeOptions {
  readonly native?: readonly OpName[];
  readonly unsupported?: Partial<Record<OpName, string>>;
  /** Updates overwrite the state's own tensors. */
  readonly inPlace?: boolean;
  /** Makes programs commit their updates themselves: chooses those of a run, given whether its guard holds. */
  readonly commits?: (names: readonly string[], holds: boolean) => readonly string[];
}

const toHost = ({ dtype, shape, data }: NdArray): HostTensor =>
  hostTensor(dtype, shape, data.slice() as Float32Array);

/** An engine whose runs take as long as a test wants, fail when it wants, and whose books are strict. */
export class FakeEngine implements Engine<FakeHandle> {
  readonly name = 'fake';
  readonly device = { kind: 'cpu', description: 'a fake' } as const;
  readonly capabilities;
  /** The engine's calls, in order. */
  readonly log: string[] = [];
  readonly live = new Set<FakeHandle>();
  /** Programs as they were built. */
  readonly built: Program[] = [];
  /** Called in the middle of every run: wait or throw here. */
  duringRun: (program: Program) => void | Promise<void> = () => undefined;
  duringDownload: () => void | Promise<void> = () => undefined;
  /** How many tensors still fit. */
  room = Infinity;

  constructor(private readonly options: FakeOptions = {}) {
    this.capabilities = {
      dtypes: ['f32', 'i32', 'bool'],
      unsupported: options.unsupported ?? {},
      native: options.native ?? opNames,
      precision: 'f32',
      deterministic: true,
    } as const;
  }

  private assertLive(handle: FakeHandle, work: string): void {
    if (!this.live.has(handle)) throw new Error(`${work} of a tensor that was freed`);
  }

  upload({ dtype, shape, data }: HostTensor): FakeHandle {
    if (this.live.size >= this.room) throw new Error('no room');
    const handle = { tensor: hostTensor(dtype, shape, data.slice() as Float32Array) };
    this.live.add(handle);
    return handle;
  }

  async download(handle: FakeHandle): Promise<HostTensor> {
    this.assertLive(handle, 'download');
    await this.duringDownload();
    this.assertLive(handle, 'download');
    const { dtype, shape, data } = handle.tensor;
    return hostTensor(dtype, shape, data.slice() as Float32Array);
  }

  free(handle: FakeHandle): void {
    this.assertLive(handle, 'free');
    this.live.delete(handle);
  }

  build(program: Program) {
    this.built.push(program);
    const { commits, inPlace } = this.options;
    return {
      commits: commits !== undefined,
      run: async (
        state: ReadonlyMap<string, FakeHandle>,
        feeds: Readonly<Record<string, HostTensor>>,
        commit: Commit<FakeHandle>,
      ): Promise<RunResults<FakeHandle>> => {
        this.log.push(`begin ${program.name}`);
        await this.duringRun(program);
        const array = ({ shape, dtype, data }: HostTensor) => new NdArray(shape, dtype, data);
        for (const handle of state.values()) this.assertLive(handle, 'use');
        const { outputs, updates } = interpret(program, {
          state: Object.fromEntries([...state].map(([name, { tensor }]) => [name, array(tensor)])),
          feeds: Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, array(feed)])),
        });
        this.log.push(`end ${program.name}`);
        const updated = (name: string): FakeHandle => {
          const tensor = toHost(updates[name]!);
          return inPlace ? Object.assign(state.get(name)!, { tensor }) : this.upload(tensor);
        };
        const names = Object.keys(updates);
        const holds = program.guard === undefined || outputs[program.guard]!.data[0] !== 0;
        for (const name of commits?.(names, holds) ?? []) commit(name, updated(name));
        return {
          outputs: new Map(
            Object.entries(outputs).map(([name, value]) => [name, this.upload(toHost(value))]),
          ),
          updates: new Map(commits ? [] : names.map((name) => [name, updated(name)] as const)),
        };
      },
      dispose: () => void this.log.push(`dispose ${program.name}`),
    };
  }

  memory() {
    return { bytes: 0, buffers: this.live.size };
  }

  dispose(): void {
    this.log.push('dispose engine');
    this.live.clear();
  }
}
