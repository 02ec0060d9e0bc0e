import { allocator, hostTensor, interpret, NdArray, opNames, type Engine, type NdArrays } from '@attune/core';

/** Core's interpreter as an engine. */
export function interpreterEngine(): Engine<NdArray> {
  const live = new Set<NdArray>();
  const own = ({ shape, dtype, data }: Pick<NdArray, 'shape' | 'dtype' | 'data'>): NdArray => {
    const array = allocator('f32')({ shape, dtype });
    array.data.set(data);
    live.add(array);
    return array;
  };
  const ownAll = (arrays: NdArrays) =>
    new Map(Object.entries(arrays).map(([name, array]) => [name, own(array)]));
  return {
    name: 'interpreter',
    device: { kind: 'cpu', description: 'interpreter' },
    capabilities: {
      dtypes: ['f32', 'i32', 'bool'],
      unsupported: {},
      native: opNames.filter((op) => op !== 'adamW'),
      precision: 'f32',
      deterministic: true,
    },
    // As on tfjs, AdamW is decomposed.
    upload: own,
    download: ({ dtype, shape, data }) => hostTensor(dtype, shape, [...data]),
    free: (handle) => void live.delete(handle),
    build: (program) => ({
      run: (state, feeds) => {
        const arrays = Object.entries(feeds).map(
          ([name, { shape, dtype, data }]) => [name, new NdArray(shape, dtype, data)] as const,
        );
        const inputs = { state: Object.fromEntries(state), feeds: Object.fromEntries(arrays) };
        const { outputs, updates } = interpret(program, inputs, 'f32');
        return { outputs: ownAll(outputs), updates: ownAll(updates) };
      },
      dispose: () => undefined,
    }),
    memory: () => ({
      buffers: live.size,
      bytes: [...live].reduce((total, { data }) => total + data.byteLength, 0),
    }),
    dispose: () => undefined,
  };
}
