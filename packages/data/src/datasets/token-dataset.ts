import {
  AttuneError,
  hostTensor,
  type Batch,
  type Dataset,
  type DatasetState,
  type TensorSpecs,
} from '@attune/core';
import type { TokenSource } from '../tokens/index.js';
import { checkSizes, checkTokens, type BatchSizes } from './checks.js';
import { restoredPosition } from './position.js';
import { samplings, windowStarts, type Sampling } from './sampling.js';

export interface TokenDatasetOptions extends BatchSizes {
  /** Default `random`. */
  readonly sampling?: Sampling;
  /** The random seed of the order of the data. Default 1337, as in nanoGPT. */
  readonly seed?: number;
  /** Every id read must be below it. */
  readonly vocabSize?: number;
}

/** An endless dataset of windows of a token source. */
export interface TokenDataset extends Dataset {
  /** Tokens of the source. */
  readonly length: number;
  /** Whole blocks of the source over those of a batch; not always an integer. Random windows cover as much on average. */
  readonly batchesPerEpoch: number;
  /** Batch number `index`, counted from 0: the one the iterator yields there. Moves nothing. */
  batch(index: number): Promise<Batch>;
}

/** Specs of a language model's batch: `x i32[B, T]`, `y i32[B, T]`, `lossMask f32[B, T]`. */
export function tokenBatchSpec({ batchSize, blockSize }: BatchSizes): TensorSpecs {
  const shape = [batchSize, blockSize];
  return {
    x: { shape, dtype: 'i32' },
    y: { shape, dtype: 'i32' },
    lossMask: { shape, dtype: 'f32' },
  };
}

/**
 * Windows of a token source, for pretraining: `x i32[B, T]`, `y i32[B, T]` (`y[r, t]` is the token after `x[r, t]`), and
 * `lossMask f32[B, T]`, all ones. Batch j is a pure function of the source, the seed and j. All iterators of a dataset
 * share one position.
 *
 * @throws AttuneError INVALID_ARGUMENT; DATA_TOO_SHORT if there is no window of `blockSize` + 1 tokens. While reading:
 * TOKEN_OUT_OF_RANGE.
 */
export function tokenDataset(source: TokenSource, options: TokenDatasetOptions): TokenDataset {
  const { batchSize, blockSize, sampling = 'random', seed = 1337, vocabSize } = options;
  const { length } = source;
  checkSizes(options);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new AttuneError('INVALID_ARGUMENT', `seed must be an integer in [0, 2⁵³), but is ${seed}.`);
  }
  if (!samplings.includes(sampling)) {
    const names = samplings.map((name) => `"${name}"`).join(', ');
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `sampling must be one of ${names}, but is "${String(sampling)}".`,
    );
  }
  if (length < blockSize + 1) {
    const largest = length - 1;
    throw new AttuneError(
      'DATA_TOO_SHORT',
      `${source.name} has ${length} tokens, but a block of ${blockSize} and its targets take ${blockSize + 1}.`,
      {
        fix: largest > 0 ? `Use a blockSize of at most ${largest}, or more data.` : 'Use more data.',
        data: { tokens: length, blockSize, largestBlockSize: Math.max(0, largest) },
      },
    );
  }

  const shape = [batchSize, blockSize];
  const identity = { kind: 'tokens', seed, sampling, batchSize, blockSize, data: source.fingerprint };
  let position = 0;

  async function batch(index: number): Promise<Batch> {
    const starts = windowStarts(index, { sampling, seed, length, batchSize, blockSize });
    const rows = await Promise.all(starts.map((start) => source.read(start, blockSize + 1)));
    const x = new Int32Array(batchSize * blockSize);
    const y = new Int32Array(batchSize * blockSize);
    rows.forEach((row, r) => {
      checkTokens(source, starts[r]!, row, vocabSize);
      x.set(row.subarray(0, blockSize), r * blockSize);
      y.set(row.subarray(1), r * blockSize);
    });
    return {
      x: hostTensor('i32', shape, x),
      y: hostTensor('i32', shape, y),
      lossMask: hostTensor('f32', shape, new Float32Array(x.length).fill(1)),
    };
  }

  return {
    spec: tokenBatchSpec(options),
    length,
    batchesPerEpoch: Math.floor((length - 1) / blockSize) / batchSize,
    batch,
    state: (): DatasetState => ({ ...identity, position }),
    restore(state) {
      position = restoredPosition(state, identity);
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const next = await batch(position);
        position++;
        yield next;
      }
    },
    close: async () => source.close?.(),
  };
}
