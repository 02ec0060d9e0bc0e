import {
  AttuneError,
  plural,
  type Batch,
  type Communicator,
  type HostTensor,
  type TensorSpecs,
} from '@attune/core';

/** Rows of a batch: from `start` up to, but without, `end`. */
interface Rows {
  readonly start: number;
  readonly end: number;
}

/**
 * One rank's part of each step. A step is `A` micro-batches, whatever the number of ranks. Where there are as many as ranks,
 * each rank takes a contiguous block of them; otherwise the rows of all of them, one after the other, are cut into
 * contiguous blocks. Blocks differ by one at most.
 */
export class Share {
  private readonly rank: number;
  private readonly size: number;

  /** @param microBatches `A`, those of a step on all ranks. */
  constructor(
    communicator: Pick<Communicator, 'rank' | 'size'> | undefined,
    private readonly microBatches: number,
  ) {
    this.rank = communicator?.rank ?? 0;
    this.size = communicator?.size ?? 1;
  }

  /** True if micro-batches are cut, since there are fewer of them than ranks. */
  private get cutsRows(): boolean {
    return this.microBatches < this.size;
  }

  private rowsOf(micro: number, rows: number): Rows {
    const { rank, size, microBatches } = this;
    if (!this.cutsRows) {
      const [first, end] = [rank, rank + 1].map((each) => Math.floor((each * microBatches) / size));
      return { start: 0, end: first! <= micro && micro < end! ? rows : 0 };
    }
    // In units of 1 / size of a micro-batch, where a rank's block of the step begins and ends.
    const cut = (at: number) =>
      Math.floor((Math.min(Math.max(at * microBatches - micro * size, 0), size) * rows) / size);
    return { start: cut(rank), end: cut(rank + 1) };
  }

  /** This rank's rows of a micro-batch of a step; `undefined` if there are none. */
  take(batch: Batch, micro: number): Batch | undefined {
    if (this.size === 1) return batch;
    const rows = rowCount(batch);
    const own = this.rowsOf(micro, rows);
    if (own.end <= own.start) return undefined;
    return own.end - own.start === rows ? batch : sliceRows(batch, own);
  }

  /**
   * The number of this rank's part of a micro-batch among all of a run, from which dropout's seed follows. It is the
   * micro-batch's own number where that is not cut, on any number of ranks.
   */
  numberOf(step: number, micro: number): number {
    const number = step * this.microBatches + micro;
    if (!this.cutsRows) return number;
    const firstRank = Math.floor((micro * this.size) / this.microBatches);
    return number * this.size + this.rank - firstRank;
  }

  /** Shapes of the largest part that this rank can have of a batch of these shapes. */
  largest(spec: TensorSpecs): TensorSpecs {
    if (!this.cutsRows) return spec;
    const rows = rowCount(spec);
    const parts = Array.from({ length: this.microBatches }, (_, micro) => this.rowsOf(micro, rows));
    const most = Math.max(1, ...parts.map(({ start, end }) => end - start));
    return Object.fromEntries(
      Object.entries(spec).map(([name, { shape, dtype }]) => [
        name,
        { shape: [most, ...shape.slice(1)], dtype },
      ]),
    );
  }
}

/**
 * The rows of a batch, along the first axis of all its fields.
 *
 * @throws AttuneError INVALID_CONFIG if they have none, or not the same number.
 */
function rowCount(batch: TensorSpecs): number {
  const counts = Object.entries(batch).map(([name, { shape }]) => [name, shape[0]] as const);
  const [first] = counts;
  const other = counts.find(([, rows]) => rows === undefined || rows !== first?.[1]);
  if (first?.[1] !== undefined && !other) return first[1];
  const listed = counts.map(([name, rows]) => `${name} ${rows ?? 'none'}`).join(', ');
  throw new AttuneError(
    'INVALID_CONFIG',
    `Several ranks share the rows of a batch, but its fields have different numbers of rows (${listed}).`,
    { fix: 'Use data whose fields all have the rows as their first axis.' },
  );
}

function sliceRows(batch: Batch, { start, end }: Rows): Batch {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape, dtype, data }]) => {
      const width = shape.slice(1).reduce((product, length) => product * length, 1);
      const sliced = { shape: [end - start, ...shape.slice(1)], dtype };
      return [name, { ...sliced, data: data.subarray(start * width, end * width) } as HostTensor];
    }),
  );
}

/**
 * Checks that every rank has something to do in a step: it needs as many rows as there are ranks.
 *
 * @param microBatches those of a step, on all ranks.
 * @param rows those of one micro-batch.
 * @throws AttuneError INVALID_CONFIG.
 */
export function checkRowsForRanks(size: number, microBatches: number, rows: number): void {
  const all = rows * microBatches;
  if (all >= size) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `A step has ${plural(all, 'row')} (${microBatches > 1 ? `${rows} in each of ${microBatches} micro-batches` : 'one micro-batch'}), but there are ${plural(size, 'rank')} to share them.`,
    { fix: `Use at most ${plural(all, 'rank')}, or raise the batch size or gradientAccumulationSteps.` },
  );
}

/**
 * Checks that a step of such batches can be shared by the ranks.
 *
 * @throws AttuneError INVALID_CONFIG.
 */
export function checkShares(
  { size }: Pick<Communicator, 'size'>,
  microBatches: number,
  batch: TensorSpecs,
): void {
  // Whole micro-batches are not cut, and may have fields without rows.
  if (microBatches < size) checkRowsForRanks(size, microBatches, rowCount(batch));
}
