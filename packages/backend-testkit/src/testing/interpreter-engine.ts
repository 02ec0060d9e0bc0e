import {
  allocator,
  hostTensor,
  lastUses,
  type NdArray,
  opDefinition,
  opNames,
  type Capabilities,
  type CompiledProgram,
  type Engine,
  type HostTensor,
  type HostTensors,
  type MemoryUsage,
  type OpName,
  type OpNode,
  type Program,
} from '@attune/core';

/** Ops that are made of no others: all that a minimal engine has. */
export const primitiveOps: readonly OpName[] = opNames.filter((op) => !opDefinition(op).body);

/** A node that is computed: what goes in, and what is right. */
export interface Computation {
  readonly op: OpName;
  readonly inputs: readonly NdArray[];
  readonly attrs: OpNode['attrs'];
  /** By the op's definition. New arrays, which may be changed. */
  right(): NdArray[];
}

/** A way to be wrong. */
export interface Fault {
  readonly native?: readonly OpName[];
  readonly capabilities?: Partial<Capabilities>;
  /** Changes the program before it is built. */
  readonly rewrite?: (program: Program) => Program;
  /** Computes a node otherwise; `undefined` leaves it as it is. */
  readonly compute?: (node: Computation) => NdArray[] | undefined;
  /** Changes the feeds of a run. `previous` are those of the run before. */
  readonly feeds?: (feeds: HostTensors, previous: HostTensors | undefined) => HostTensors;
  /** Changes what a run yields. */
  readonly results?: (name: string, array: NdArray, program: Program) => NdArray;
  /** Changes how a program is built or run. */
  readonly compiled?: (compiled: CompiledProgram<NdArray>, program: Program) => CompiledProgram<NdArray>;
  /** Makes an engine that commits its updates, and in place: it overwrites the tensors of the state. */
  readonly commits?: CommitInPlace;
  /** True to never free tensors. */
  readonly leaks?: boolean;
  /** The tensors that are held, where several engines hold them together. */
  readonly live?: Set<NdArray>;
  /** Counts what is held otherwise. */
  readonly memory?: (live: ReadonlySet<NdArray>) => MemoryUsage;
  /** True if what is held is kept when the engine is disposed. */
  readonly keeps?: boolean;
  /** True to share memory between tensors of the host and of the device. */
  readonly aliases?: boolean;
  /** Changes a tensor on its way to the host. */
  readonly download?: (tensor: HostTensor) => HostTensor;
  /** Errors are swallowed, and zeros are returned; `onFailure` hears of it. */
  readonly silent?: boolean;
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Overwrites tensors of the state with their updates.
 *
 * @param values what a run has computed, by id.
 * @returns the updates that took effect.
 */
export type CommitInPlace = (
  program: Program,
  values: readonly (NdArray | undefined)[],
  state: ReadonlyMap<string, NdArray>,
) => readonly string[];

/** The right way: where the guard holds, every one of them. */
export const commitAll: CommitInPlace = (program, values, state) => {
  const holds = program.guard === undefined || values[program.outputs[program.guard]!]!.data[0] !== 0;
  const updates = holds ? Object.entries(program.updates) : [];
  for (const [name, id] of updates) state.get(name)!.data.set(values[id]!.data);
  return updates.map(([name]) => name);
};

const allocate = allocator('f32');

const copy = ({ dtype, shape, data }: Pick<NdArray, 'dtype' | 'shape' | 'data'>) => {
  const array = allocate({ dtype, shape });
  array.data.set(data);
  return array;
};

/** The right count of what is held. */
export const usageOf = (live: Iterable<NdArray>): MemoryUsage => {
  const sizes = [...live].map(({ data }) => data.byteLength);
  return { buffers: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
};

/** A program's values by the definitions of its ops, in float32, but for those that `compute` has otherwise. */
function evaluate(
  program: Program,
  state: ReadonlyMap<string, NdArray>,
  feeds: HostTensors,
  compute: Fault['compute'],
): (NdArray | undefined)[] {
  const values: (NdArray | undefined)[] = [];
  const dying = lastUses(program);
  const apply = ({ op, attrs, inputs: ids }: OpNode) => {
    const inputs = ids.map((id) => values[id]!);
    const right = () => opDefinition(op).reference(inputs, attrs, allocate).map(copy);
    return compute?.({ op, inputs, attrs, right }) ?? right();
  };
  program.nodes.forEach((node, index) => {
    const results =
      node.kind === 'op'
        ? apply(node)
        : [copy(node.kind === 'feed' ? feeds[node.name]! : state.get(node.name)!)];
    node.outputs.forEach((id, i) => (values[id] = results[i]));
    for (const id of dying[index]!) values[id] = undefined;
  });
  return values;
}

/** The interpreter as an engine, right, or wrong in one way: what the kit itself is tested with. */
export function interpreterEngine(fault: Fault = {}): Engine<NdArray> {
  const live = fault.live ?? new Set<NdArray>();
  const keep = (array: NdArray) => {
    live.add(array);
    return array;
  };
  const toHost = ({ dtype, shape, data }: NdArray): HostTensor =>
    hostTensor(dtype, shape, (fault.aliases ? data : data.slice()) as Float32Array);

  const build = (original: Program): CompiledProgram<NdArray> => {
    const program = fault.rewrite?.(original) ?? original;
    let previous: HostTensors | undefined;
    return {
      commits: fault.commits !== undefined,
      run: (state, feeds, commit) => {
        const seen = fault.feeds?.(feeds, previous) ?? feeds;
        previous = feeds;
        let values: readonly (NdArray | undefined)[];
        try {
          values = evaluate(program, state, seen, fault.compute);
        } catch (error) {
          if (!fault.silent) throw error;
          fault.onFailure?.(error);
          values = program.values.map((spec) => allocate(spec));
        }
        const handles = (ids: Readonly<Record<string, number>>) =>
          new Map(
            Object.entries(ids).map(([name, id]) => {
              const own = copy(values[id]!);
              return [name, keep(fault.results?.(name, own, program) ?? own)];
            }),
          );
        const outputs = handles(program.outputs);
        if (!fault.commits) return { outputs, updates: handles(program.updates) };
        for (const name of fault.commits(program, values, state)) commit(name, state.get(name)!);
        return { outputs, updates: new Map<string, NdArray>() };
      },
      dispose: () => undefined,
    };
  };

  return {
    name: 'interpreter',
    device: { kind: 'cpu', description: 'the interpreter' },
    capabilities: {
      dtypes: ['f32', 'i32', 'bool'],
      unsupported: {},
      native: fault.native ?? opNames,
      precision: 'f32',
      deterministic: true,
      ...fault.capabilities,
    },
    upload: (tensor) => keep(copy(tensor)),
    download: (handle) => fault.download?.(toHost(handle)) ?? toHost(handle),
    view: ({ dtype, shape, data }) => hostTensor(dtype, shape, data as Float32Array),
    free: (handle) => void (fault.leaks || live.delete(handle)),
    build: (program) => fault.compiled?.(build(program), program) ?? build(program),
    memory: () => fault.memory?.(live) ?? usageOf(live),
    dispose: () => {
      if (!fault.keeps) live.clear();
    },
  };
}
