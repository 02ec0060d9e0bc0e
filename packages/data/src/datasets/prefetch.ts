import { AttuneError, type Batch, type Dataset, type DatasetState } from '@attune/core';

/** The outcome of one read. Failures are values, so that no promise rejects while nothing awaits it. */
type Read =
  | { readonly kind: 'batch'; readonly batch: Batch; readonly state: DatasetState }
  | { readonly kind: 'failure'; readonly error: unknown }
  | { readonly kind: 'end' };

/**
 * Reads up to `depth` batches ahead while the consumer works. `state()` is that of the batches consumed, not of those
 * read. An error of the dataset arrives at the consumer in the place of the batch that could not be read; iterating
 * again reads again. Breaking out of a loop keeps what was read for the next one. The dataset belongs to the result:
 * do not iterate or restore it directly.
 *
 * @throws AttuneError INVALID_ARGUMENT if `depth` is not a positive integer; DISPOSED when iterated after `close()`.
 */
export function prefetch(dataset: Dataset, depth = 2): Dataset {
  if (!Number.isSafeInteger(depth) || depth < 1) {
    throw new AttuneError('INVALID_ARGUMENT', `depth must be a positive integer, but is ${depth}.`);
  }
  return new Prefetch(dataset, depth);
}

class Prefetch implements Dataset {
  private readonly queue: Promise<Read>[] = [];
  /** The last read asked for: reads follow each other, and each knows the state it ended in. */
  private tail: Promise<unknown> = Promise.resolve();
  private iterator: AsyncIterator<Batch> | undefined;
  /** Counts restarts: reads of an earlier one do nothing. */
  private generation = 0;
  private consumed: DatasetState;
  private restored: DatasetState | undefined;
  private closed = false;

  constructor(
    private readonly dataset: Dataset,
    private readonly depth: number,
  ) {
    this.consumed = dataset.state();
  }

  get spec() {
    return this.dataset.spec;
  }

  get batchesPerEpoch() {
    return this.dataset.batchesPerEpoch;
  }

  state(): DatasetState {
    return this.consumed;
  }

  restore(state: DatasetState): void {
    this.dataset.restore(state);
    this.consumed = state;
    this.restart();
    // A read still in progress moves the dataset once more when it ends: the next one restores it again.
    this.restored = state;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    while (true) {
      if (this.closed) {
        throw new AttuneError('DISPOSED', 'The dataset was closed, and cannot be read any more.');
      }
      this.fill();
      const { generation } = this;
      const read = await this.queue.shift()!;
      if (generation !== this.generation) {
        if (this.closed) return;
        continue;
      }
      if (read.kind === 'batch') {
        this.consumed = read.state;
        // The next reads run while the consumer has this batch.
        this.fill();
        yield read.batch;
        continue;
      }
      this.restart();
      if (read.kind === 'failure') throw read.error;
      return;
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.restart();
    await this.tail;
    await this.dataset.close?.();
  }

  /** Forgets what was read ahead. The next read takes a new iterator of the dataset. */
  private restart(): void {
    this.generation++;
    this.queue.length = 0;
    const { iterator } = this;
    this.iterator = undefined;
    // A generator runs `return` after the read in progress; that read reports its own error.
    this.tail = this.tail.then(() => iterator?.return?.()).catch(() => undefined);
  }

  private fill(): void {
    while (!this.closed && this.queue.length < this.depth) {
      const { generation } = this;
      const read = this.tail.then(() => this.readNext(generation));
      this.tail = read;
      this.queue.push(read);
    }
  }

  private async readNext(generation: number): Promise<Read> {
    if (generation !== this.generation) return { kind: 'end' };
    try {
      if (this.restored) this.dataset.restore(this.restored);
      this.restored = undefined;
      this.iterator ??= this.dataset[Symbol.asyncIterator]();
      const next = await this.iterator.next();
      if (next.done) return { kind: 'end' };
      return { kind: 'batch', batch: next.value, state: this.dataset.state() };
    } catch (error) {
      return { kind: 'failure', error };
    }
  }
}
