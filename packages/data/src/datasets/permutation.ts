import { philox4x32 } from '@attune/core';

/** Enough to make all orders of a few windows about equally likely; four are a strong pseudo-random permutation. */
const ROUNDS = 8;

/** The last word of the counter ("perm" in ASCII). It is 0 for `Random`, so that no number is drawn for both. */
const PERMUTATION_DOMAIN = 0x7065726d;

/** Which permutation: one of its own for each seed, stream and number. */
export interface PermutationKey {
  /** In [0, 2⁵³). */
  readonly seed: number;
  /** A word that keeps what is drawn from one seed for different purposes apart. */
  readonly stream: number;
  /** In [0, 2⁵³). */
  readonly number: number;
}

/**
 * The element at `index` of a pseudo-random permutation of [0, size), in constant time and memory: nothing is shuffled,
 * and any element can be asked for alone.
 *
 * A Feistel network over pairs (l, r) with 0 ≤ l, r < ⌈√size⌉, with Philox as round function, is a permutation of all
 * pairs; where it leaves [0, size) it is applied again until it is back ("cycle walking"), which stays a permutation.
 * As ⌈√size⌉² is hardly above `size`, that is rare.
 *
 * Source: Black and Rogaway, "Ciphers with arbitrary finite domains" (CT-RSA 2002), generalised Feistel and cycle walking.
 *
 * @param index in [0, size).
 * @param size in [1, 2⁵³).
 */
export function permutedIndex(index: number, size: number, { seed, stream, number }: PermutationKey): number {
  const side = Math.ceil(Math.sqrt(size));
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  const low = number >>> 0;
  const high = Math.floor(number / 2 ** 32) * ROUNDS;
  const words = new Uint32Array(4);
  let element = index;
  do {
    let left = Math.floor(element / side);
    let right = element % side;
    for (let round = 0; round < ROUNDS; round++) {
      // A half is below 2²⁷, so that it shares its word with nothing.
      philox4x32([right, low, (high + round) ^ stream, PERMUTATION_DOMAIN], key, words);
      [left, right] = [right, (left + words[0]!) % side];
    }
    element = left * side + right;
  } while (element >= size);
  return element;
}
