import { permutedIndex } from '../../datasets/permutation.js';

/** Streams of a run's seed: the order of rows ("rows"), and of the batches of rows of like length ("grps"). */
const ROW_STREAM = 0x726f7773;
const GROUP_STREAM = 0x67727073;

/** Batches whose rows are sorted by length together: enough for little padding, few enough for a random order. */
const BATCHES_A_GROUP = 50;

/** How rows are put in order. `random`: a new permutation each epoch; `sequential`: that of the file. */
export const exampleSamplings = ['random', 'sequential'] as const;

/** One of {@link exampleSamplings}. */
export type ExampleSampling = (typeof exampleSamplings)[number];

export interface EpochOrderOptions {
  /** Rows, or packs of them. */
  readonly count: number;
  readonly batchSize: number;
  /** Batches of a step: an epoch has whole steps. */
  readonly batchesPerStep: number;
  readonly sampling: ExampleSampling;
  readonly seed: number;
  /** Length of each row, if rows of like length are to stand in one batch. */
  readonly lengths?: (index: number) => number;
}

/**
 * Which rows make up each batch of an endless run: every row once an epoch. Its last batch may be short, and batches
 * without rows make its last step a whole one: no step has rows of two epochs, and a step has the same rows however it is
 * split into batches. A batch depends on the options and its number alone.
 */
export class EpochOrder {
  readonly batchesPerEpoch: number;
  /** Those that have rows. */
  private readonly filled: number;
  private grouped: { readonly epoch: number; readonly order: Int32Array } | undefined;

  constructor(private readonly options: EpochOrderOptions) {
    const { count, batchSize, batchesPerStep } = options;
    this.filled = Math.ceil(count / batchSize);
    this.batchesPerEpoch = Math.ceil(this.filled / batchesPerStep) * batchesPerStep;
  }

  /** Rows of batch `index`, counted over the whole run: B of them, or fewer or none at the end of an epoch. */
  rows(index: number): number[] {
    const { count, batchSize, seed, lengths } = this.options;
    const epoch = Math.floor(index / this.batchesPerEpoch);
    const within = index % this.batchesPerEpoch;
    if (within >= this.filled) return [];
    const batch = lengths
      ? permutedIndex(within, this.filled, { seed, stream: GROUP_STREAM, number: epoch })
      : within;
    const start = batch * batchSize;
    const size = Math.min(batchSize, count - start);
    const order = lengths ? this.groupedOrder(epoch, lengths) : undefined;
    return Array.from({ length: size }, (_, i) => order?.[start + i] ?? this.rowAt(epoch, start + i));
  }

  private rowAt(epoch: number, position: number): number {
    const { count, seed, sampling } = this.options;
    if (sampling === 'sequential') return position;
    return permutedIndex(position, count, { seed, stream: ROW_STREAM, number: epoch });
  }

  /** The order of an epoch, sorted by length within groups. Kept for the epoch that was asked for last. */
  private groupedOrder(epoch: number, lengths: (index: number) => number): Int32Array {
    if (this.grouped?.epoch === epoch) return this.grouped.order;
    const { count, batchSize } = this.options;
    const order = Int32Array.from({ length: count }, (_, i) => this.rowAt(epoch, i));
    const group = BATCHES_A_GROUP * batchSize;
    for (let start = 0; start < count; start += group) {
      order.subarray(start, start + group).sort((a, b) => lengths(b) - lengths(a) || a - b);
    }
    this.grouped = { epoch, order };
    return order;
  }
}
