import {
  allocator,
  bytesOf,
  interpret,
  NdArray,
  opNames,
  type Engine,
  type HostData,
  type HostTensor,
  type Precision,
  type TensorSpec,
} from '@attune/core';

/** A tensor leaves in float32 whatever the precision it was computed in: that is what a {@link HostTensor} holds. */
function toHost({ dtype, shape, data }: NdArray): HostTensor {
  const values = (dtype === 'f32' ? Float32Array.from(data) : data.slice()) as HostData;
  return { shape, dtype, data: values } as HostTensor;
}

/** The interpreter as an engine. Its handles are arrays in host memory. */
export function referenceEngine(precision: Precision): Engine<NdArray> {
  const allocate = allocator(precision);
  const live = new Set<NdArray>();
  /** A new handle with data of its own: results of the interpreter may share theirs (a reshape does). */
  const upload = ({ dtype, shape, data }: Pick<NdArray, 'dtype' | 'shape' | 'data'>): NdArray => {
    const array = allocate({ dtype, shape });
    array.data.set(data);
    live.add(array);
    return array;
  };
  const uploadAll = (arrays: Readonly<Record<string, NdArray>>) =>
    new Map(Object.entries(arrays).map(([name, array]) => [name, upload(array)]));

  const allocatedBytes = (spec: TensorSpec) =>
    spec.dtype === 'f32' && precision === 'f64' ? 2 * bytesOf(spec) : bytesOf(spec);

  return {
    name: 'reference',
    device: { kind: 'cpu', description: `JavaScript, ${precision}` },
    capabilities: {
      dtypes: ['f32', 'i32', 'bool', 'bf16', 'f16', 'i8'],
      unsupported: {},
      native: opNames,
      precision: 'f32',
      deterministic: true,
    },
    upload,
    download: toHost,
    ...(precision === 'f32' && {
      view: ({ shape, dtype, data }: NdArray) => ({ shape, dtype, data }) as HostTensor,
    }),
    free: (handle) => void live.delete(handle),
    build: (program) => ({
      commits: true,
      run: (state, feeds, commit) => {
        const arrays = Object.entries(feeds).map(
          ([name, { shape, dtype, data }]) => [name, new NdArray(shape, dtype, data)] as const,
        );
        const inputs = { state: Object.fromEntries(state), feeds: Object.fromEntries(arrays) };
        const { outputs, updates } = interpret(program, inputs, precision);
        if (program.guard === undefined || outputs[program.guard]!.data[0] !== 0) {
          for (const [name, value] of Object.entries(updates)) commit(name, upload(value));
        }
        return { outputs: uploadAll(outputs), updates: new Map<string, NdArray>() };
      },
      dispose: () => undefined,
    }),
    // The interpreter keeps every value to the end of a run, with a copy of the state among them.
    programMemory: ({ values }) => ({
      shared: values.reduce((sum, spec) => sum + allocatedBytes(spec), 0),
      own: 0,
    }),
    memory: () => ({
      buffers: live.size,
      bytes: [...live].reduce((total, array) => total + array.data.byteLength, 0),
    }),
    dispose: () => live.clear(),
  };
}
