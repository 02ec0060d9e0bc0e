import { AttuneError } from '@attune/core';
import type { TokenSource } from '../tokens/index.js';

/** Sizes of a batch: `x` and `y` are `i32[batchSize, blockSize]`. */
export interface BatchSizes {
  /** B, rows of a batch. */
  readonly batchSize: number;
  /** T, tokens of a row. */
  readonly blockSize: number;
}

/** @throws AttuneError INVALID_ARGUMENT unless both sizes are positive integers. */
export function checkSizes({ batchSize, blockSize }: BatchSizes): void {
  for (const [name, value] of Object.entries({ batchSize, blockSize })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new AttuneError('INVALID_ARGUMENT', `${name} must be a positive integer, but is ${value}.`);
  }
}

/**
 * Checks ids against a vocabulary. Without one, only ids that no vocabulary has are caught.
 *
 * @param start where in the source `tokens` were read.
 * @throws AttuneError TOKEN_OUT_OF_RANGE, naming the id, its position and the file.
 */
export function checkTokens(
  source: TokenSource,
  start: number,
  tokens: Int32Array,
  vocabSize: number = 2 ** 31,
): void {
  for (let i = 0; i < tokens.length; i++) {
    const id = tokens[i]! >>> 0;
    if (id < vocabSize) continue;
    throw new AttuneError(
      'TOKEN_OUT_OF_RANGE',
      `${source.name}: token ${start + i} is ${id}, but the vocabulary has ${vocabSize} tokens.`,
      {
        fix: 'Train with the vocabSize the data was prepared with (see meta.json), or check that its dtype is right.',
        data: { id, position: start + i, source: source.name, vocabSize },
      },
    );
  }
}
