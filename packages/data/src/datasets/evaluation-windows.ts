import { AttuneError, hostTensor, type Batch, type Dataset } from '@attune/core';
import type { TokenSource } from '../tokens/index.js';
import { checkSizes, checkTokens, type BatchSizes } from './checks.js';
import { restoredPosition } from './position.js';
import { tokenBatchSpec } from './token-dataset.js';

export interface EvaluationWindowsOptions extends BatchSizes {
  /** Every id read must be below it. */
  readonly vocabSize?: number;
}

/** A finite dataset that goes once through all tokens of a source. */
export interface EvaluationWindows extends Dataset {
  /** How many batches there are. */
  readonly batches: number;
  /** How many targets are scored: every token but the first. */
  readonly targets: number;
}

/**
 * Consecutive windows that score every token but the first exactly once: window w predicts tokens `w·T + 1` to
 * `(w + 1)·T` from tokens `w·T` on. Where the tokens end, the last row and the last batch are filled with id 0 and
 * `lossMask` 0. An iterator started after the last batch begins at the first again.
 *
 * @throws AttuneError INVALID_ARGUMENT; DATA_TOO_SHORT if there are fewer than two tokens. While reading:
 * TOKEN_OUT_OF_RANGE.
 */
export function evaluationWindows(source: TokenSource, options: EvaluationWindowsOptions): EvaluationWindows {
  const { batchSize, blockSize, vocabSize } = options;
  checkSizes(options);
  if (source.length < 2) {
    throw new AttuneError(
      'DATA_TOO_SHORT',
      `${source.name} has ${source.length} tokens, but at least two are needed to score one.`,
      { fix: 'Use more data, or a larger validation fraction.', data: { tokens: source.length } },
    );
  }
  const targets = source.length - 1;
  const perBatch = batchSize * blockSize;
  const batches = Math.ceil(targets / perBatch);
  const shape = [batchSize, blockSize];
  const identity = { kind: 'evaluation', batchSize, blockSize, data: source.fingerprint };
  let position = 0;

  // Rows follow each other without a gap, so that a batch is one stretch of the source, and padding is at its end.
  async function batch(index: number): Promise<Batch> {
    const start = index * perBatch;
    const count = Math.min(perBatch, targets - start);
    const tokens = await source.read(start, count + 1);
    checkTokens(source, start, tokens, vocabSize);
    const x = new Int32Array(perBatch);
    const y = new Int32Array(perBatch);
    x.set(tokens.subarray(0, count));
    y.set(tokens.subarray(1));
    return {
      x: hostTensor('i32', shape, x),
      y: hostTensor('i32', shape, y),
      lossMask: hostTensor('f32', shape, new Float32Array(perBatch).fill(1, 0, count)),
    };
  }

  return {
    spec: tokenBatchSpec(options),
    batches,
    batchesPerEpoch: batches,
    targets,
    state: () => ({ ...identity, position }),
    restore(state) {
      position = restoredPosition(state, identity);
    },
    async *[Symbol.asyncIterator]() {
      if (position >= batches) position = 0;
      while (position < batches) {
        const next = await batch(position);
        position++;
        yield next;
      }
    },
    close: async () => source.close?.(),
  };
}
