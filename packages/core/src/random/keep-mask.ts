import { philox4x32 } from './philox.js';

/**
 * The mask of dropout: 1 where an element is kept, with probability `1 − p`, else 0.
 *
 * Element `i` depends on `(seed, stream, i)` alone: it is word `i mod 4` of Philox4x32-10 at counter
 * `[⌊i / 4⌋, 0, stream, 1]` and key `[seed, 0]`, kept if it is at least `p · 2³²`. Backends whose engine has 32-bit
 * integer arithmetic compute it on the device; the others call this function and send the mask along with the feeds.
 *
 * @param size number of elements.
 * @param p probability of being dropped, in [0, 1).
 */
export function keepMask(seed: number, stream: number, p: number, size: number): Uint8Array {
  const mask = new Uint8Array(size);
  const words = new Uint32Array(4);
  const threshold = p * 2 ** 32;
  for (let i = 0; i < size; i++) {
    if (i % 4 === 0) philox4x32([i / 4, 0, stream >>> 0, 1], [seed >>> 0, 0], words);
    mask[i] = words[i % 4]! >= threshold ? 1 : 0;
  }
  return mask;
}
