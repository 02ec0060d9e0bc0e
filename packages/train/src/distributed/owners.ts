import { sizeOf, type Parameter } from '@attune/core';

/** The rank that keeps the optimizer's tensors of each parameter, by the parameter's name. */
export type Owners = ReadonlyMap<string, number>;

/**
 * Deals parameters out to ranks so that each has about as many numbers: the largest first, each to the rank that has the
 * fewest so far. The same on all ranks.
 */
export function assignOwners(parameters: readonly Parameter[], size: number): Owners {
  const loads = new Array<number>(size).fill(0);
  const owners = new Map<string, number>();
  // Sorting is stable: parameters of one size keep the order of the model.
  const largestFirst = [...parameters].sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape));
  for (const { name, shape } of largestFirst) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least]! += sizeOf(shape);
    owners.set(name, least);
  }
  return owners;
}
