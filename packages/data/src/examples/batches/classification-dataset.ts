import { hostTensor, type Batch, type TensorSpecs } from '@attune/core';
import { bucketOf } from './buckets.js';
import type { EncodedExamples, StoredExample } from '../encoding/encoded-examples.js';
import { EpochOrder } from './epoch-order.js';
import type { ExampleDataset, ExampleDatasetOptions } from './example-dataset.js';
import { classId, labelSetOf, regressionTargets, type LabelSet } from '../encoding/labels.js';
import { checkPositive, checkRows, checkSeed, numberedDataset } from './numbered-batches.js';

export interface ClassificationDatasetOptions extends Omit<
  ExampleDatasetOptions,
  'packing' | 'groupByLength' | 'maxLength'
> {
  /** Default: those of the rows. For validation: those of training. */
  readonly labels?: LabelSet;
  /** True if an iterator started after the last of `epochs` begins at the first batch again. Default false. */
  readonly rewind?: boolean;
}

/** The label of rows that are not there: what cross-entropy ignores. */
const NO_LABEL = -100;

/**
 * Rows for a head on a language model, every one once an epoch: `x i32[B, T]`, padded on the right to the longest of the
 * batch (rounded up to one of few lengths), `lastToken i32[B]`, the place of each row's last token, and `label`: `i32[B]`
 * of classes, `f32[B, K]` of a regression. `lossMask f32[B]` is 0 in rows that fill up the last step of an epoch; their
 * class is −100.
 *
 * @throws AttuneError INVALID_ARGUMENT; DATA_TOO_SHORT without rows; INVALID_EXAMPLE, with file and line, for a label that
 * is not of the set.
 */
export function classificationDataset(
  examples: EncodedExamples,
  options: ClassificationDatasetOptions,
): ExampleDataset & { readonly labels: LabelSet } {
  const { batchSize, sampling = 'random', seed = 1337, padId = 0, epochs, rewind } = options;
  const { batchesPerStep = 1 } = options;
  checkPositive({ batchSize, batchesPerStep, epochs });
  checkSeed(seed);
  checkRows(examples, Math.max(2, examples.longest));
  const labels = options.labels ?? labelSetOf(examples);
  for (let i = 0; i < examples.count; i++) targetOf(labels, examples.row(i));

  const order = new EpochOrder({ count: examples.count, batchSize, batchesPerStep, sampling, seed });
  const lengthFor = (tokens: number) => bucketOf(tokens, examples.longest);
  const batch = (index: number): Batch => {
    const rows = order.rows(index).map((row) => examples.row(row));
    const length = lengthFor(rows.reduce((longest, { ids }) => Math.max(longest, ids.length), 1));
    const x = new Int32Array(batchSize * length).fill(padId);
    const lastToken = new Int32Array(batchSize);
    const lossMask = new Float32Array(batchSize).fill(1, 0, rows.length);
    rows.forEach(({ ids }, r) => {
      x.set(ids, r * length);
      lastToken[r] = Math.max(0, ids.length - 1);
    });
    return {
      x: hostTensor('i32', [batchSize, length], x),
      lastToken: hostTensor('i32', [batchSize], lastToken),
      label: labelTensor(labels, rows, batchSize),
      lossMask: hostTensor('f32', [batchSize], lossMask),
    };
  };
  const identity = {
    ...{
      kind: 'classification',
      seed,
      sampling,
      batchSize,
      batchesPerStep,
      padId,
      labels: JSON.stringify(labels),
    },
    data: examples.fingerprint,
  };
  const { batchesPerEpoch } = order;
  const spec = classificationSpec(labels, batchSize, lengthFor(examples.longest));
  return {
    ...numberedDataset({ spec, batchesPerEpoch, identity, batch, epochs, rewind }),
    rows: examples.count,
    labels,
  };
}

function classificationSpec(labels: LabelSet, batchSize: number, length: number): TensorSpecs {
  return {
    x: { shape: [batchSize, length], dtype: 'i32' },
    lastToken: { shape: [batchSize], dtype: 'i32' },
    label:
      labels.kind === 'classes'
        ? { shape: [batchSize], dtype: 'i32' }
        : { shape: [batchSize, labels.size], dtype: 'f32' },
    lossMask: { shape: [batchSize], dtype: 'f32' },
  };
}

function targetOf(labels: LabelSet, row: StoredExample): readonly number[] {
  return labels.kind === 'classes'
    ? [classId(labels.names, row.label!, row)]
    : regressionTargets(labels.size, row.label!, row);
}

function labelTensor(labels: LabelSet, rows: readonly StoredExample[], batchSize: number) {
  const targets = rows.flatMap((row) => targetOf(labels, row));
  if (labels.kind === 'classes') {
    const data = new Int32Array(batchSize).fill(NO_LABEL);
    data.set(targets);
    return hostTensor('i32', [batchSize], data);
  }
  const data = new Float32Array(batchSize * labels.size);
  data.set(targets);
  return hostTensor('f32', [batchSize, labels.size], data);
}
