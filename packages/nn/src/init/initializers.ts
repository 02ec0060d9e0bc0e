import { sizeOf, type Initializer } from '@attune/core';

/** Every element the same. */
export function fill(value: number): Initializer {
  return (_random, shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Independent normal numbers with mean 0. */
export function normal(standardDeviation: number): Initializer {
  return (random, shape) => random.fillNormal(new Float32Array(sizeOf(shape)), standardDeviation);
}
