import {
  hostTensor,
  sizeOf,
  type Batch,
  type Dataset,
  type HostTensors,
  type TensorSpecs,
} from '@attune/core';

/**
 * A dataset over tensors whose first axis counts the batches. Ends with the last one, unless it repeats.
 *
 * @param fields by name, `[batches, …]`.
 */
export function arrayDataset(fields: HostTensors, { repeat = false } = {}): Dataset {
  const count = Object.values(fields)[0]!.shape[0]!;
  const spec: TensorSpecs = Object.fromEntries(
    Object.entries(fields).map(([name, { shape, dtype }]) => [name, { shape: shape.slice(1), dtype }]),
  );
  const batchAt = (index: number): Batch =>
    Object.fromEntries(
      Object.entries(fields).map(([name, { data, dtype }]) => {
        const { shape } = spec[name]!;
        const size = sizeOf(shape);
        return [name, hostTensor(dtype, shape, data.slice(index * size, (index + 1) * size))];
      }),
    );
  let position = 0;
  return {
    spec,
    batchesPerEpoch: count,
    state: () => ({ position }),
    restore: (state) => {
      position = Number(state['position']);
    },
    async *[Symbol.asyncIterator]() {
      while (repeat || position < count) yield batchAt(position++ % count);
    },
  };
}
