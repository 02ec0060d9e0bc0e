import { permutedIndex } from '../../datasets/permutation.js';
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
 * Puts rows together, as many as fit. `sequential`: in file order, a pack ends where the next row does not fit. `random`:
 * first-fit decreasing within windows of 1024 rows, taken in the order of a permutation of the seed, which leaves less to
 * pad; the same packs serve every epoch, in another order.
 *
 * Source: Johnson, "Near-optimal bin packing algorithms" (1973).
 *
 * @param sizes places that each row takes, at most `capacity`.
 */
export function packRows(sizes: readonly number[], { capacity, sampling, seed }: PackingOptions): Packing {
  const packs = sampling === 'sequential' ? nextFit(sizes, capacity) : randomPacks(sizes, capacity, seed);
  const used = sizes.reduce((sum, size) => sum + size, 0);
  return { packs, utilisation: packs.length === 0 ? 0 : used / (packs.length * capacity) };
}

function nextFit(sizes: readonly number[], capacity: number): number[][] {
  const packs: number[][] = [];
  let free = 0;
  for (const [row, size] of sizes.entries()) {
    if (size > free || packs.length === 0) {
      packs.push([]);
      free = capacity;
    }
    packs.at(-1)!.push(row);
    free -= size;
  }
  return packs;
}

function randomPacks(sizes: readonly number[], capacity: number, seed: number): number[][] {
  const packs: number[][] = [];
  const count = sizes.length;
  const key = { seed, stream: PACK_STREAM, number: 0 };
  for (let start = 0; start < count; start += WINDOW) {
    const window = Array.from({ length: Math.min(WINDOW, count - start) }, (_, i) =>
      permutedIndex(start + i, count, key),
    );
    for (const pack of firstFitDecreasing(window, sizes, capacity)) packs.push(pack);
  }
  return packs;
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
