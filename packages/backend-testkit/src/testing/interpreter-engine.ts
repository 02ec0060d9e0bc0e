import {
  allocator,
  hostTensor,
  interpret,
  NdArray,
  opDefinition,
  opNames,
  type Capabilities,
  type Engine,
  type HostTensor,
  type HostTensors,
  type OpName,
  type Program,
} from '@attune/core';

/** Ops that are made of no others: all that a minimal engine has. */
export const primitiveOps: readonly OpName[] = opNames.filter((op) => !opDefinition(op).decompose);

/** A way to be wrong. */
export interface Fault {
  readonly nativeOps?: readonly OpName[];
  readonly capabilities?: Partial<Capabilities>;
  /** Changes the program before it is built. */
  readonly rewrite?: (program: Program) => Program;
  /** Changes the feeds of a run. `previous` are those of the run before. */
  readonly feeds?: (feeds: HostTensors, previous: HostTensors | undefined) => HostTensors;
  /** Changes what a run yields. */
  readonly results?: (name: string, array: NdArray, program: Program) => NdArray;
  /** Whether tensors are never freed. */
  readonly leaks?: boolean;
  /** Whether a tensor on the host is the one on the device. */
  readonly aliases?: boolean;
  /** What goes wrong is swallowed, and zeros are returned. */
  readonly silent?: boolean;
}

/** The interpreter as an engine, right, or wrong in one way: what the kit itself is tested with. */
export function interpreterEngine(fault: Fault = {}): Engine<NdArray> {
  const allocate = allocator('f32');
  const live = new Set<NdArray>();
  const keep = (array: NdArray) => {
    live.add(array);
    return array;
  };
  const toHost = ({ dtype, shape, data }: NdArray): HostTensor =>
    hostTensor(dtype, shape, (fault.aliases ? data : data.slice()) as Float32Array);
  const copy = ({ dtype, shape, data }: Pick<NdArray, 'dtype' | 'shape' | 'data'>) => {
    const array = allocate({ dtype, shape });
    array.data.set(data);
    return array;
  };

  return {
    name: 'interpreter',
    device: { kind: 'cpu', description: 'the interpreter' },
    capabilities: {
      dtypes: ['f32', 'i32', 'bool'],
      unsupported: {},
      fused: [],
      deterministic: true,
      ...fault.capabilities,
    },
    nativeOps: new Set(fault.nativeOps ?? opNames),
    upload: (tensor) => keep(copy(tensor)),
    download: toHost,
    free: (handle) => void (fault.leaks || live.delete(handle)),
    build: (original) => {
      const program = fault.rewrite?.(original) ?? original;
      let previous: HostTensors | undefined;
      return {
        run: (state, feeds) => {
          const seen = fault.feeds?.(feeds, previous) ?? feeds;
          previous = feeds;
          const arrays = Object.entries(seen).map(
            ([name, { shape, dtype, data }]) => [name, new NdArray(shape, dtype, data)] as const,
          );
          const inputs = { state: Object.fromEntries(state), feeds: Object.fromEntries(arrays) };
          let results: ReturnType<typeof interpret>;
          try {
            results = interpret(program, inputs);
          } catch (error) {
            if (!fault.silent) throw error;
            const zeros = (ids: Readonly<Record<string, number>>) =>
              Object.fromEntries(
                Object.entries(ids).map(([name, id]) => [name, allocate(program.values[id]!)]),
              );
            results = { outputs: zeros(program.outputs), updates: zeros(program.updates) };
          }
          const handles = (named: Readonly<Record<string, NdArray>>) =>
            new Map(
              Object.entries(named).map(([name, array]) => {
                const own = copy(array);
                return [name, keep(fault.results?.(name, own, program) ?? own)];
              }),
            );
          return { outputs: handles(results.outputs), updates: handles(results.updates) };
        },
        dispose: () => undefined,
      };
    },
    memory: () => ({
      buffers: live.size,
      bytes: [...live].reduce((sum, { data }) => sum + data.byteLength, 0),
    }),
    dispose: () => live.clear(),
  };
}
