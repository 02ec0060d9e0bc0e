import { allocateHostData, Random, sizeOf, type DType, type HostTensor, type Shape } from '@attune/core';

/**
 * Random numbers from a seed, the same on every machine: uniform in `[low, high)`, whole for i32, evenly 0 or 1 for bool.
 */
export function randomTensor<D extends DType>(
  seed: number,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: D },
  [low, high]: readonly [number, number] = [-1, 1],
): HostTensor<D> {
  const random = new Random(seed);
  const data = allocateHostData(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    const uniform = random.uniform();
    if (dtype === 'bool') data[i] = Number(uniform < 0.5);
    else if (dtype === 'i32') data[i] = Math.floor(low + uniform * (high - low));
    else data[i] = low + uniform * (high - low);
  }
  return { shape, dtype, data };
}
