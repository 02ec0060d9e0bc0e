import { AttuneError, plural, type Dataset } from '@attune/core';
import { restoredPosition } from '../datasets/position.js';
import { permutedIndex } from '../datasets/permutation.js';
import { checkBatchSize, imageBatch, imageBatchSpec } from './image-batch.js';
import { imageFingerprint, type ImageSet } from './image-set.js';

/** How images become batches for training. */
export interface ImageDatasetOptions {
  readonly batchSize: number;
  /** `shuffle` has another order in each epoch, `sequential` the same. Default `shuffle`. */
  readonly sampling?: 'shuffle' | 'sequential';
  /** The random seed of the order. Default 1337. */
  readonly seed?: number;
}

/** The stream of a run's seed that the order of images is drawn from ("imag" in ASCII). */
const ORDER_STREAM = 0x696d6167;

/**
 * Images for training, without end: `x f32[B, 1, H, W]` in [0, 1], `label i32[B]`, `lossMask f32[B]`, all ones. Each image at
 * most once an epoch; what does not fill a batch at the end of an epoch is left out, since rows without an image would
 * disturb the statistics of a batch. Batch j is a pure function of the images, the seed and j.
 *
 * @throws AttuneError INVALID_ARGUMENT; DATA_TOO_SHORT if there are fewer images than rows of a batch.
 */
export function imageDataset(
  set: ImageSet,
  { batchSize, sampling = 'shuffle', seed = 1337 }: ImageDatasetOptions,
): Dataset & { readonly batchesPerEpoch: number } {
  checkBatchSize(batchSize);
  if (set.count < batchSize) {
    throw new AttuneError(
      'DATA_TOO_SHORT',
      `${set.name} has ${plural(set.count, 'image')}, less than a batch of ${batchSize}.`,
      {
        fix: `Use a batchSize of at most ${set.count}, or more images.`,
      },
    );
  }
  const batchesPerEpoch = Math.floor(set.count / batchSize);
  const identity = { kind: 'images', seed, sampling, batchSize, data: imageFingerprint(set) };
  let position = 0;

  const indicesOf = (batch: number) => {
    const key = { seed, stream: ORDER_STREAM, number: Math.floor(batch / batchesPerEpoch) };
    const start = (batch % batchesPerEpoch) * batchSize;
    return Array.from({ length: batchSize }, (_, row) =>
      sampling === 'shuffle' ? permutedIndex(start + row, set.count, key) : start + row,
    );
  };

  return {
    spec: imageBatchSpec(set, batchSize),
    batchesPerEpoch,
    state: () => ({ ...identity, position }),
    restore(state) {
      position = restoredPosition(state, identity);
    },
    async *[Symbol.asyncIterator]() {
      while (true) yield imageBatch(set, indicesOf(position++), batchSize);
    },
  };
}
