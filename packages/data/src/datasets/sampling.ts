import { Random } from '@attune/core';
import type { BatchSizes } from './checks.js';

/** Which windows make up a batch: drawn uniformly, or one after the other, again and again. */
export type Sampling = 'random' | 'sequential';

/** The stream of a run's seed that data order is drawn from ("data" in ASCII), apart from initialisation and dropout. */
const DATA_STREAM = 0x64617461;

/** Words that `Random.integer` takes from its sequence. */
const WORDS_PER_INTEGER = 2;

/**
 * Where the rows of batch `index` start: B uniform draws from [0, N − T), as nanoGPT's `get_batch` draws them. A pure
 * function of its arguments; and since the draws of all batches are one sequence, a step of 8 micro-batches of one row
 * sees the same windows as one of a single batch of 8.
 */
export function randomStarts(seed: number, index: number, length: number, sizes: BatchSizes): number[] {
  const { batchSize, blockSize } = sizes;
  const random = new Random(seed, DATA_STREAM, index * batchSize * WORDS_PER_INTEGER);
  return Array.from({ length: batchSize }, () => random.integer(length - blockSize));
}

/** Where the rows of batch `index` start: row r at token `((index · B + r) mod ⌊(N − 1) / T⌋) · T`. */
export function sequentialStarts(
  index: number,
  length: number,
  { batchSize, blockSize }: BatchSizes,
): number[] {
  const blocks = Math.floor((length - 1) / blockSize);
  return Array.from({ length: batchSize }, (_, row) => ((index * batchSize + row) % blocks) * blockSize);
}
