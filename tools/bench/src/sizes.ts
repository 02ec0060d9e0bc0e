import type { Gpt2Options } from '@attune/nn';

/** A model that steps are timed with, and the batch. */
export interface Size {
  readonly config: Gpt2Options;
  readonly batchSize: number;
}

const plain = { bias: false, activation: 'gelu' } as const;

/** The sizes of `docs/benchmarks.md`; `tools/reference/bench_nanogpt.py` has the same. */
export const sizes: Readonly<Record<'S' | 'M' | '124M', Size>> = {
  // nanoGPT's CPU configuration.
  S: { config: { vocabSize: 65, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128, ...plain }, batchSize: 12 },
  M: { config: { vocabSize: 512, blockSize: 256, nLayer: 6, nHead: 6, nEmbd: 384, ...plain }, batchSize: 4 },
  // GPT-2, with a shorter block.
  '124M': { config: { vocabSize: 50257, blockSize: 256 }, batchSize: 1 },
};
