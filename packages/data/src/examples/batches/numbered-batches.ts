import { AttuneError, type Batch, type Dataset, type DatasetState, type TensorSpecs } from '@attune/core';
import { restoredPosition } from '../../datasets/position.js';
import type { EncodedExamples } from '../encoding/encoded-examples.js';

/** A dataset whose batch j is a function of j alone. */
export interface NumberedDataset extends Dataset {
  readonly batchesPerEpoch: number;
  /** Batch number `index`, counted from 0: the one the iterator yields there. Moves nothing. */
  batch(index: number): Batch;
}

export interface NumberedBatches {
  readonly spec: TensorSpecs;
  readonly batchesPerEpoch: number;
  /** The identity of the batches: a state of other batches is refused. */
  readonly identity: DatasetState;
  readonly batch: (index: number) => Batch;
  /** Times through the data. Without it, no end. */
  readonly epochs?: number;
  /** True if every iterator begins at the first batch, wherever the one before ended: as evaluations do. */
  readonly rewind?: boolean;
}

/** A dataset of batches that are made by their number. All iterators share one position. */
export function numberedDataset(batches: NumberedBatches): NumberedDataset {
  const { spec, batchesPerEpoch, identity, batch, epochs = Infinity, rewind = false } = batches;
  const end = epochs * batchesPerEpoch;
  let position = 0;
  return {
    spec,
    batchesPerEpoch,
    batch,
    state: () => ({ ...identity, position }),
    restore(state) {
      position = restoredPosition(state, identity);
    },
    async *[Symbol.asyncIterator]() {
      if (rewind) position = 0;
      while (position < end) {
        const next = batch(position);
        position++;
        yield next;
      }
    },
  };
}

/** @throws AttuneError INVALID_ARGUMENT unless each value is a positive integer. */
export function checkPositive(values: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new AttuneError('INVALID_ARGUMENT', `${name} must be a positive integer, but is ${value}.`);
  }
}

/** @throws AttuneError INVALID_ARGUMENT unless the seed is an integer in [0, 2⁵³). */
export function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new AttuneError('INVALID_ARGUMENT', `seed must be an integer in [0, 2⁵³), but is ${seed}.`);
}

/** @throws AttuneError DATA_TOO_SHORT without rows; INVALID_ARGUMENT if one has more than `maxLength` tokens. */
export function checkRows(examples: EncodedExamples, maxLength: number): void {
  const { name, count, longest } = examples;
  if (count === 0) {
    throw new AttuneError('DATA_TOO_SHORT', `${name} has no row to train on.`, {
      fix: 'Look at what was dropped, and why.',
    });
  }
  if (!Number.isSafeInteger(maxLength) || maxLength < 2 || longest > maxLength) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `maxLength must be an integer that no row exceeds, but is ${maxLength}; the longest row has ${longest} tokens.`,
      { fix: 'Encode the rows with the same maxLength.' },
    );
  }
}
