import {
  allocateHostData,
  narrowElement,
  Random,
  sizeOf,
  type DType,
  type HostTensor,
  type Shape,
} from '@attune/core';

/**
 * Random numbers from a seed, the same on every machine: uniform in `[low, high)`, whole for i32 and i8, evenly 0 or 1 for bool.
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
    else if (dtype === 'i32' || dtype === 'i8') data[i] = Math.floor(low + uniform * (high - low));
    else if (dtype !== 'f32') data[i] = narrowElement(dtype, low + uniform * (high - low));
    else data[i] = low + uniform * (high - low);
  }
  return { shape, dtype, data };
}

/**
 * Uniform numbers in `[0, 1)` by a linear congruential generator (Numerical Recipes): good enough to test with, and fast
 * enough for ten million.
 */
export function quickUniform(seed: number, size: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(size);
  for (let i = 0, state = seed >>> 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // The lower bits repeat soon.
    values[i] = (state >>> 8) / 2 ** 24;
  }
  return values;
}
