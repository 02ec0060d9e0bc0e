import { hostTensor, sizeOf, type HostTensors, type TensorSpecs } from '@attune/core';

/** Batch `index` of a fixture, whose tensors hold the batches of all steps one after the other. */
export function batchAt(batches: HostTensors, specs: TensorSpecs, index: number): HostTensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => {
      const size = sizeOf(shape);
      return [name, hostTensor(dtype, shape, batches[name]!.data.slice(index * size, (index + 1) * size))];
    }),
  );
}
