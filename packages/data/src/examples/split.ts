import { AttuneError, plural } from '@attune/core';
import { permutedIndex } from '../datasets/permutation.js';

/** The stream of a run's seed that rows kept for validation are drawn from ("vald" in ASCII). */
const SPLIT_STREAM = 0x76616c64;

/** Rows of each part, in file order. */
export interface SplitRows {
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

/**
 * Draws ⌊count · fraction⌋ rows for validation: the same ones for the same seed, and with a larger fraction those of a
 * smaller one and more.
 *
 * @throws AttuneError INVALID_ARGUMENT unless `fraction` is in [0, 1); DATA_TOO_SHORT if a part would have no row.
 */
export function splitRows(count: number, fraction: number, seed: number): SplitRows {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new AttuneError('INVALID_ARGUMENT', `validationFraction must be in [0, 1), but is ${fraction}.`);
  }
  const kept = Math.floor(count * fraction);
  if (fraction > 0 && kept === 0) {
    throw new AttuneError(
      'DATA_TOO_SHORT',
      `A share of ${fraction} of ${plural(count, 'row')} is none, but validation needs at least one.`,
      { fix: 'Use more rows or a larger validationFraction, or 0 to train without validation.' },
    );
  }
  const key = { seed, stream: SPLIT_STREAM, number: 0 };
  const drawn = new Set(Array.from({ length: kept }, (_, i) => permutedIndex(i, count, key)));
  const all = Array.from({ length: count }, (_, i) => i);
  return { train: all.filter((i) => !drawn.has(i)), validation: all.filter((i) => drawn.has(i)) };
}
