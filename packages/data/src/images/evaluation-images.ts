import type { Dataset } from '@attune/core';
import { restoredPosition } from '../datasets/position.js';
import { checkBatchSize, imageBatch, imageBatchSpec } from './image-batch.js';
import { imageFingerprint, type ImageSet } from './image-set.js';

/**
 * Every image exactly once, in their order: batches as of {@link imageDataset}, the last one filled with rows of `lossMask` 0.
 * An iterator started after the last batch begins at the first again.
 *
 * @throws AttuneError INVALID_ARGUMENT.
 */
export function evaluationImages(
  set: ImageSet,
  { batchSize }: { readonly batchSize: number },
): Dataset & { readonly batchesPerEpoch: number } {
  checkBatchSize(batchSize);
  const batches = Math.ceil(set.count / batchSize);
  const identity = { kind: 'evaluation images', batchSize, data: imageFingerprint(set) };
  let position = 0;
  const indicesOf = (batch: number) => {
    const start = batch * batchSize;
    return Array.from({ length: Math.min(batchSize, set.count - start) }, (_, row) => start + row);
  };
  return {
    spec: imageBatchSpec(set, batchSize),
    batchesPerEpoch: batches,
    state: () => ({ ...identity, position }),
    restore(state) {
      position = restoredPosition(state, identity);
    },
    async *[Symbol.asyncIterator]() {
      if (position >= batches) position = 0;
      while (position < batches) yield imageBatch(set, indicesOf(position++), batchSize);
    },
  };
}
