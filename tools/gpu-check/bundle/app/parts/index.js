import { measuredSizes } from '../sizes.js';
import { conformance } from './conformance.js';
import { decoding } from './decoding.js';
import { flatMemory } from './flat-memory.js';
import { trainingTimes } from './training-times.js';

/** The parts of a check on one device: their names, and their shares of the time. */
function partsOn(device, prefix = '') {
  const timed = measuredSizes.map((size) => ({
    name: size.name,
    weight: size.weight,
    run: trainingTimes(size),
  }));
  const parts = [
    { name: 'kit', weight: 35, mostMs: 240_000, run: conformance('kit') },
    { name: 'trajectories', weight: 8, mostMs: 90_000, run: conformance('trajectories') },
    ...timed.map((part) => ({ ...part, group: 'training', timed: true })),
    { name: 'decoding', weight: 8, timed: true, run: decoding },
    { name: 'flat memory', weight: 6, timed: true, run: flatMemory(measuredSizes[0]) },
  ];
  return parts.map((part) => ({ ...part, name: `${prefix}${part.name}`, device }));
}

/** The names that parts may have, on either backend. */
export const namesOfParts = [...partsOn(), ...partsOn(undefined, 'cuda: ')].map(({ name }) => name);

/**
 * All parts of a check, in their order: WebGPU's, then CUDA's, as far as there are devices.
 *
 * @param {{ only?: string[] }} options
 * @param {{ webgpu?: object, cuda?: object }} devices
 */
export function partsOf({ only }, { webgpu, cuda }) {
  const parts = [...(webgpu ? partsOn(webgpu) : []), ...(cuda ? partsOn(cuda, 'cuda: ') : [])];
  return only ? parts.filter(({ name }) => only.includes(name)) : parts;
}
