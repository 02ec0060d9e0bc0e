import { Random } from '@attune/core';
import type { BatchSizes } from './checks.js';
import { permutedIndex } from './permutation.js';

/**
 * Which windows make up a batch:
 *
 * - `random`: drawn uniformly, with replacement, at any token;
 * - `shuffle`: the blocks of T tokens, each once an epoch, in an order of its own for every epoch;
 * - `sequential`: the same blocks one after the other, again and again.
 *
 * `shuffle` and `sequential` never use the last (N − 1) mod T targets.
 */
export type Sampling = (typeof samplings)[number];

/** The values of {@link Sampling}. */
export const samplings = ['random', 'shuffle', 'sequential'] as const;

/** The stream of a run's seed that data order is drawn from ("data" in ASCII), apart from initialisation and dropout. */
const DATA_STREAM = 0x64617461;

/** Words that `Random.integer` takes from its sequence. */
const WORDS_PER_INTEGER = 2;

/** The options that decide the windows of a batch. */
export interface SamplingOptions extends BatchSizes {
  readonly sampling: Sampling;
  readonly seed: number;
  /** N, tokens of the source. */
  readonly length: number;
}

/** Where the rows of batch `index` start: a pure function of its arguments. */
export function windowStarts(index: number, options: SamplingOptions): number[] {
  switch (options.sampling) {
    case 'random':
      return randomStarts(index, options);
    case 'shuffle':
      return shuffledStarts(index, options);
    case 'sequential':
      return sequentialStarts(index, options);
  }
}

/**
 * B uniform draws from [0, N − T), as nanoGPT's `get_batch` draws them. Since the draws of all batches are one sequence,
 * a step of 8 micro-batches of one row sees the same windows as one of a single batch of 8.
 */
function randomStarts(index: number, { seed, length, batchSize, blockSize }: SamplingOptions): number[] {
  const random = new Random(seed, DATA_STREAM, index * batchSize * WORDS_PER_INTEGER);
  return Array.from({ length: batchSize }, () => random.integer(length - blockSize));
}

/**
 * With W = ⌊(N − 1) / T⌋ blocks, window i = index · B + r of the run is block π(i mod W), where π is the permutation of
 * the seed and of epoch ⌊i / W⌋. A batch may hold the end of one epoch and the begin of the next.
 */
function shuffledStarts(index: number, options: SamplingOptions): number[] {
  const { seed, blockSize } = options;
  const blocks = blocksOf(options);
  return rowsOf(index, options).map((i) => {
    const key = { seed, stream: DATA_STREAM, number: Math.floor(i / blocks) };
    return permutedIndex(i % blocks, blocks, key) * blockSize;
  });
}

/** Row r starts at token `((index · B + r) mod ⌊(N − 1) / T⌋) · T`. */
function sequentialStarts(index: number, options: SamplingOptions): number[] {
  const blocks = blocksOf(options);
  return rowsOf(index, options).map((i) => (i % blocks) * options.blockSize);
}

/** Numbers of the rows of batch `index`, counted over the whole run. */
function rowsOf(index: number, { batchSize }: SamplingOptions): number[] {
  return Array.from({ length: batchSize }, (_, row) => index * batchSize + row);
}

/** Whole blocks of T tokens that have a target each. */
function blocksOf({ length, blockSize }: SamplingOptions): number {
  return Math.floor((length - 1) / blockSize);
}
