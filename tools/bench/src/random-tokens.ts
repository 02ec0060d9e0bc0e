import { hostTensor, Random, type Batch, type Dataset } from '@attune/core';

/** Sizes of {@link randomTokens}. */
export interface RandomTokensOptions {
  readonly batchSize: number;
  readonly blockSize: number;
  readonly vocabSize: number;
}

/** Batches of random tokens, each with the next one as its target: without end. */
export function randomTokens(
  { batchSize, blockSize, vocabSize }: RandomTokensOptions,
  seed: number,
): Dataset {
  const spec = { shape: [batchSize, blockSize], dtype: 'i32' } as const;
  const random = new Random(seed);
  const batch = (): Batch => {
    const rows = Array.from({ length: batchSize }, () =>
      Array.from({ length: blockSize + 1 }, () => random.uint32() % vocabSize),
    );
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
