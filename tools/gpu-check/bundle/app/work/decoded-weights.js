/** The weights of the model that is decoded: no file has to carry them, and pytorch/decoding.py makes the same, to the bit. */
import { hostTensor, sizeOf } from '@attune/core';

/** The weights are uniform over this width, around 1 for scales and 0 elsewhere. A power of two: rounds nowhere. */
const WIDTH = 0.125;

/** A hash of 32 bits. */
function hash(value) {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Values of a tensor, by its number among the names in their order. */
function valuesOf({ name, shape }, number) {
  const data = new Float32Array(sizeOf(shape));
  const around = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
  const first = Math.imul(number, 0x9e3779b9);
  for (let i = 0; i < data.length; i++) {
    data[i] = ((hash(first + i) >>> 8) / 2 ** 24 - 0.5) * WIDTH + around;
  }
  return hostTensor('f32', shape, data);
}

/**
 * The weights of a model by name, made when they are read: one at a time is in memory.
 *
 * @param {import('@attune/core').Model} model
 */
export function decodedWeights({ parameters }) {
  const sorted = [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lazy = sorted.map((one, number) => {
    const { name, shape, dtype } = one;
    return [name, { shape, dtype, load: async () => valuesOf(one, number) }];
  });
  return Object.fromEntries(lazy);
}
