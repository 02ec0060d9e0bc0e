import { permutedIndex } from '../datasets/permutation.js';
import type { ExampleSampling } from './epoch-order.js';

/** The stream of a run's seed that the windows of packing are drawn from ("pack" in ASCII). */
const PACK_STREAM = 0x7061636b;

/** Rows that are packed together. */
const WINDOW = 1024;

export interface PackingOptions {
  /** T: places of a packed row. */
  readonly capacity: number;
  readonly sampling: ExampleSampling;
  readonly seed: number;
}

/** Rows, put together to rows of equal length. */
export interface Packing {
  /** The rows of each packed row, in the order they stand in it. */
  readonly packs: readonly (readonly number[])[];
  /** Share of all places that hold a token. */
  readonly utilisation: number;
}

/**
 * Puts rows together, as many as fit: first-fit decreasing within windows of 1024 rows, which are taken in file order
 * (`sequential`) or in that of a permutation of the seed. The same packs serve every epoch, in another order.
 *
 * Source: Johnson, "Near-optimal bin packing algorithms" (1973).
 *
 * @param sizes places that each row takes, at most `capacity`.
 */
export function packRows(sizes: readonly number[], { capacity, sampling, seed }: PackingOptions): Packing {
  const packs: number[][] = [];
  const count = sizes.length;
  const key = { seed, stream: PACK_STREAM, number: 0 };
  for (let start = 0; start < count; start += WINDOW) {
    const window = Array.from({ length: Math.min(WINDOW, count - start) }, (_, i) =>
      sampling === 'sequential' ? start + i : permutedIndex(start + i, count, key),
    );
    packs.push(...firstFitDecreasing(window, sizes, capacity));
  }
  const used = sizes.reduce((sum, size) => sum + size, 0);
  return { packs, utilisation: packs.length === 0 ? 0 : used / (packs.length * capacity) };
}

function firstFitDecreasing(window: number[], sizes: readonly number[], capacity: number): number[][] {
  const packs: { readonly rows: number[]; free: number }[] = [];
  // Sorting is stable: rows of one size stay in their order.
  for (const row of window.sort((a, b) => sizes[b]! - sizes[a]!)) {
    const size = sizes[row]!;
    let pack = packs.find(({ free }) => free >= size);
    if (!pack) packs.push((pack = { rows: [], free: capacity }));
    pack.rows.push(row);
    pack.free -= size;
  }
  return packs.map(({ rows }) => rows);
}
