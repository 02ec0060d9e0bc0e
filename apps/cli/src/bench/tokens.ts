import { hostTensor, type Batch, type Dataset } from '@attune/core';

/**
 * Random tokens of a linear congruential generator, which a few lines of any language write again: the script for PyTorch
 * trains on the same.
 */
export class BenchTokens {
  private state: number;

  constructor(
    seed: number,
    private readonly vocabSize: number,
  ) {
    this.state = seed >>> 0;
  }

  next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * this.vocabSize);
  }

  take(count: number): number[] {
    return Array.from({ length: count }, () => this.next());
  }
}

/** The sizes of a batch of tokens. */
export interface TokenShape {
  readonly batchSize: number;
  readonly blockSize: number;
  readonly vocabSize: number;
}

/** Batches of such tokens, each with the next one as its target: without end. */
export function benchBatches({ batchSize, blockSize, vocabSize }: TokenShape, seed: number): Dataset {
  const spec = { shape: [batchSize, blockSize], dtype: 'i32' } as const;
  const tokens = new BenchTokens(seed, vocabSize);
  const batch = (): Batch => {
    const rows = Array.from({ length: batchSize }, () => tokens.take(blockSize + 1));
    const field = (from: number, to: number) =>
      hostTensor(
        'i32',
        spec.shape,
        rows.flatMap((row) => row.slice(from, to)),
      );
    return { x: field(0, blockSize), y: field(1, blockSize + 1) };
  };
  return {
    spec: { x: spec, y: spec },
    state: () => ({}),
    restore: () => undefined,
    async *[Symbol.asyncIterator]() {
      for (;;) yield batch();
    },
  };
}
