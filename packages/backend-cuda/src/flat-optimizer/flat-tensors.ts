import { sizeOf, type CompiledProgram, type Engine, type HostTensor, type Program } from '@attune/core';
import { flattenOptimizer, type FlatState, type Part } from './flatten-program.js';

/** A tensor that others lie in, for as long as one of them is held. */
class Flat<Handle> {
  private host?: Float32Array;
  private users: number;

  constructor(
    readonly handle: Handle,
    readonly state: FlatState,
    private readonly engine: Engine<Handle>,
  ) {
    this.users = state.parts.length;
  }

  /** All of it, on the host. It never changes, so that it is fetched once for all that lie in it. */
  async read(): Promise<Float32Array> {
    return (this.host ??= (await this.engine.download(this.handle)).data as Float32Array);
  }

  release(): void {
    if (--this.users === 0) this.engine.free(this.handle);
  }
}

/** A tensor that lies within a flat one. */
class FlatPart<Handle> {
  constructor(
    readonly flat: Flat<Handle>,
    readonly part: Part,
  ) {}

  async read(): Promise<HostTensor> {
    const { spec, offset } = this.part;
    const all = await this.flat.read();
    return { shape: spec.shape, dtype: 'f32', data: all.slice(offset, offset + sizeOf(spec.shape)) };
  }
}

/** A tensor of its own, or one within another. */
export type FlatHandle<Handle> = Handle | FlatPart<Handle>;

/** How many elements are in a flat tensor. */
const sizeOfAll = ({ parts }: FlatState) => parts.reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0);

/** The flat tensor that handles lie in, if they are all of its parts, in order. */
function commonFlat<Handle>(
  handles: readonly FlatHandle<Handle>[],
  { parts }: FlatState,
): Flat<Handle> | undefined {
  const [first] = handles;
  if (!(first instanceof FlatPart) || first.flat.state.parts.length !== parts.length) return undefined;
  const fits = handles.every(
    (handle, i) =>
      handle instanceof FlatPart && handle.flat === first.flat && handle.part.offset === parts[i]!.offset,
  );
  return fits ? first.flat : undefined;
}

/**
 * An engine whose optimizer works on flat moments. To others they are what they were: tensors by name, each read and written
 * by itself. When one was written, all of its group are joined anew, by way of the host, in the next step.
 *
 * @param engine one whose updates are new tensors: a flat one that it overwrote would be freed with its old parts.
 */
export function withFlatOptimizer<Handle>(engine: Engine<Handle>): Engine<FlatHandle<Handle>> {
  const download = async (handle: FlatHandle<Handle>): Promise<HostTensor> =>
    handle instanceof FlatPart ? handle.read() : engine.download(handle);

  async function join(flat: FlatState, handles: readonly FlatHandle<Handle>[]): Promise<Handle> {
    const size = sizeOfAll(flat);
    const data = new Float32Array(size);
    for (const [i, handle] of handles.entries()) {
      data.set((await download(handle)).data, flat.parts[i]!.offset);
    }
    return engine.upload({ shape: [size], dtype: 'f32', data });
  }

  async function build(program: Program): Promise<CompiledProgram<FlatHandle<Handle>>> {
    const flattened = flattenOptimizer(program);
    const compiled = await engine.build(flattened.program);
    const flatStates = new Map(flattened.flats.map((flat) => [flat.name, flat]));
    /** A new tensor, under the names by which others know it or what lies in it. */
    const parted = (name: string, handle: Handle): (readonly [string, FlatHandle<Handle>])[] => {
      const flatState = flatStates.get(name);
      if (!flatState) return [[name, handle]];
      const flat = new Flat(handle, flatState, engine);
      return flatState.parts.map((part) => [part.name, new FlatPart(flat, part)]);
    };
    return {
      commits: compiled.commits,
      run: async (state, feeds, commit) => {
        const temporary: Handle[] = [];
        const keep = (tensor: Handle) => (temporary.push(tensor), tensor);
        try {
          const tensors = new Map<string, Handle>();
          for (const name of Object.keys(flattened.program.state)) {
            const handle = state.get(name);
            if (handle instanceof FlatPart) tensors.set(name, keep(engine.upload(await handle.read())));
            else if (handle) tensors.set(name, handle);
          }
          for (const flat of flattened.flats) {
            const handles = flat.parts.map(({ name }) => state.get(name)!);
            tensors.set(flat.name, commonFlat(handles, flat)?.handle ?? keep(await join(flat, handles)));
          }
          const { outputs, updates } = await compiled.run(tensors, feeds, (name, handle) => {
            for (const one of parted(name, handle)) commit(...one);
          });
          return { outputs, updates: new Map([...updates].flatMap((one) => parted(...one))) };
        } finally {
          temporary.forEach((tensor) => engine.free(tensor));
        }
      },
      dispose: () => compiled.dispose(),
    };
  }

  return {
    ...engine,
    capabilities: { ...engine.capabilities, native: [...engine.capabilities.native, 'adamW'] },
    download,
    free: (handle) => (handle instanceof FlatPart ? handle.flat.release() : engine.free(handle)),
    build,
  };
}
