import { sizeOf, type Initializer } from '@attune/core';

/** Every element the same. */
export function fill(value: number): Initializer {
  return (_random, shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Independent normal numbers with mean 0. */
export function normal(standardDeviation: number): Initializer {
  return (random, shape) => random.fillNormal(new Float32Array(sizeOf(shape)), standardDeviation);
}

/** Independent numbers, uniform in [−bound, bound). */
export function uniform(bound: number): Initializer {
  return (random, shape) =>
    Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * random.uniform() - 1));
}
