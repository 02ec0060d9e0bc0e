import { AttuneError } from '@attune/core';
import { bucketOf } from './buckets.js';
import { collatePacks, collateRows, exampleBatchSpec } from './collate.js';
import type { EncodedExamples } from '../encoding/encoded-examples.js';
import { EpochOrder, exampleSamplings, type ExampleSampling } from './epoch-order.js';
import {
  checkPositive,
  checkRows,
  checkSeed,
  numberedDataset,
  type NumberedBatches,
  type NumberedDataset,
} from './numbered-batches.js';
import { packRows } from './packing.js';

export interface ExampleDatasetOptions {
  /** B, rows of a batch. */
  readonly batchSize: number;
  /** Batches that are accumulated to one step: the trainer's `gradientAccumulationSteps`. Default 1. */
  readonly batchesPerStep?: number;
  /** Default `random`. */
  readonly sampling?: ExampleSampling;
  /** The random seed of the order of rows. Default 1337. */
  readonly seed?: number;
  /** Puts several rows into one, each a document of its own. Default false. */
  readonly packing?: boolean;
  /** Most tokens of a row, and with `packing` the tokens of every row. Default: those of the longest. */
  readonly maxLength?: number;
  /** Stands where there is no token; it carries no loss there, whatever id it is. Default 0. */
  readonly padId?: number;
  /** Times through the data. Default: without end. */
  readonly epochs?: number;
  /** Puts rows of like length into one batch, which leaves less to pad. Not with `packing`. Default false. */
  readonly groupByLength?: boolean;
}

/** A dataset of whole rows. */
export interface ExampleDataset extends NumberedDataset {
  /** Rows of the data. */
  readonly rows: number;
  /** With `packing`: share of all places that hold a token. */
  readonly utilisation?: number;
}

/**
 * Rows for fine-tuning a language model, every one once an epoch: `x i32[B, T] = ids[:-1]`, `y i32[B, T] = ids[1:]`,
 * `lossMask f32[B, T] = weights[1:]`. Rows are padded on the right (mask 0) to the longest of their batch, rounded up to
 * one of few lengths and at most `maxLength − 1`; `spec` has the largest shape. Where an epoch ends within a batch, or
 * within a step of several, the rest is rows of mask 0: no step has rows of two epochs, and a step is the same however it
 * is split into batches.
 *
 * With `packing`, T is `maxLength − 1` always, and each row holds several documents: `positions i32[B, T]` begin at 0 in
 * each, and `documents i32[B, T]` tells them apart. No target is of another document than its input.
 *
 * Batch j is a function of the rows, the options and j alone, so that a state is exact in the middle of an epoch.
 *
 * @throws AttuneError INVALID_ARGUMENT; DATA_TOO_SHORT without rows.
 */
export function exampleDataset(examples: EncodedExamples, options: ExampleDatasetOptions): ExampleDataset {
  return open(examples, options, false);
}

/**
 * {@link exampleDataset} for evaluation: every row once, in file order. An iterator started after the last batch begins
 * at the first again.
 *
 * @throws AttuneError INVALID_ARGUMENT; DATA_TOO_SHORT without rows.
 */
export function exampleEvaluation(
  examples: EncodedExamples,
  options: Pick<ExampleDatasetOptions, 'batchSize' | 'maxLength' | 'padId' | 'packing'>,
): ExampleDataset {
  return open(examples, { ...options, sampling: 'sequential', epochs: 1 }, true);
}

function open(examples: EncodedExamples, options: ExampleDatasetOptions, rewind: boolean): ExampleDataset {
  const { batchSize, sampling = 'random', seed = 1337, packing = false, padId = 0, epochs } = options;
  const { batchesPerStep = 1, groupByLength = false, maxLength = Math.max(2, examples.longest) } = options;
  const settings = { batchSize, batchesPerStep, sampling, seed, packing, padId, groupByLength, maxLength };
  check(examples, { ...settings, epochs });
  const identity = { kind: 'examples', ...settings, data: examples.fingerprint };
  const { utilisation, ...batches } = packing
    ? packedBatches(examples, settings)
    : paddedBatches(examples, settings);
  return {
    ...numberedDataset({ ...batches, identity, epochs, rewind }),
    rows: examples.count,
    ...(utilisation !== undefined && { utilisation }),
  };
}

type Settings = Required<Omit<ExampleDatasetOptions, 'epochs'>>;
type Batches = Pick<NumberedBatches, 'spec' | 'batchesPerEpoch' | 'batch'> & {
  readonly utilisation?: number;
};

function paddedBatches(examples: EncodedExamples, settings: Settings): Batches {
  const { batchSize, batchesPerStep, sampling, seed, maxLength, padId, groupByLength } = settings;
  const order = new EpochOrder({
    count: examples.count,
    batchSize,
    batchesPerStep,
    sampling,
    seed,
    ...(groupByLength && { lengths: (index: number) => examples.lengthOf(index) }),
  });
  const lengthFor = (tokens: number) => bucketOf(tokens - 1, maxLength - 1);
  return {
    spec: exampleBatchSpec(batchSize, lengthFor(examples.longest)),
    batchesPerEpoch: order.batchesPerEpoch,
    batch(index) {
      const rows = order.rows(index).map((row) => examples.row(row));
      const length = lengthFor(rows.reduce((longest, { ids }) => Math.max(longest, ids.length), 1));
      return collateRows(rows, { batchSize, length, padId });
    },
  };
}

function packedBatches(examples: EncodedExamples, settings: Settings): Batches {
  const { batchSize, batchesPerStep, sampling, seed, maxLength, padId } = settings;
  const length = maxLength - 1;
  const sizes = Array.from({ length: examples.count }, (_, i) => examples.lengthOf(i) - 1);
  const { packs, utilisation } = packRows(sizes, { capacity: length, sampling, seed });
  const order = new EpochOrder({ count: packs.length, batchSize, batchesPerStep, sampling, seed });
  return {
    spec: exampleBatchSpec(batchSize, length, true),
    batchesPerEpoch: order.batchesPerEpoch,
    utilisation,
    batch(index) {
      const rows = order.rows(index).map((pack) => packs[pack]!.map((row) => examples.row(row)));
      return collatePacks(rows, { batchSize, length, padId });
    },
  };
}

function check(examples: EncodedExamples, settings: Settings & { readonly epochs?: number }): void {
  const { batchSize, batchesPerStep, sampling, seed, packing, padId, groupByLength, maxLength, epochs } =
    settings;
  checkPositive({ batchSize, batchesPerStep, epochs });
  checkSeed(seed);
  checkRows(examples, maxLength);
  if (!exampleSamplings.includes(sampling)) {
    const names = exampleSamplings.map((name) => `"${name}"`).join(' or ');
    throw new AttuneError('INVALID_ARGUMENT', `sampling must be ${names}, but is "${String(sampling)}".`);
  }
  if (!Number.isSafeInteger(padId) || padId < 0) {
    throw new AttuneError('INVALID_ARGUMENT', `padId must be a token id, but is ${padId}.`);
  }
  if (groupByLength && (packing || sampling !== 'random')) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `groupByLength puts rows in an order of its own, but ${packing ? 'packing is on' : 'sampling is sequential'}.`,
      { fix: 'Leave out one of the two.' },
    );
  }
}
