import { AttuneError, hostTensor, type Batch, type TensorSpecs } from '@attune/core';
import type { ImageSet } from './image-set.js';

/** Specs of a batch of images: `x f32[B, 1, H, W]` in [0, 1], `label i32[B]`, `lossMask f32[B]`. */
export function imageBatchSpec({ height, width }: ImageSet, batchSize: number): TensorSpecs {
  return {
    x: { shape: [batchSize, 1, height, width], dtype: 'f32' },
    label: { shape: [batchSize], dtype: 'i32' },
    lossMask: { shape: [batchSize], dtype: 'f32' },
  };
}

/** The batch of these images. Rows beyond them are empty, and have the mask 0. */
export function imageBatch(set: ImageSet, indices: readonly number[], batchSize: number): Batch {
  const spec = imageBatchSpec(set, batchSize);
  const size = set.height * set.width;
  const x = new Float32Array(batchSize * size);
  const label = new Int32Array(batchSize);
  const lossMask = new Float32Array(batchSize);
  indices.forEach((index, row) => {
    for (let i = 0; i < size; i++) x[row * size + i] = set.pixels[index * size + i]! / 255;
    label[row] = set.labels[index]!;
    lossMask[row] = 1;
  });
  return {
    x: hostTensor('f32', spec['x']!.shape, x),
    label: hostTensor('i32', spec['label']!.shape, label),
    lossMask: hostTensor('f32', spec['lossMask']!.shape, lossMask),
  };
}

/** @throws AttuneError INVALID_ARGUMENT unless it is a positive integer. */
export function checkBatchSize(batchSize: number): void {
  if (Number.isSafeInteger(batchSize) && batchSize > 0) return;
  throw new AttuneError('INVALID_ARGUMENT', `batchSize must be a positive integer, but is ${batchSize}.`);
}
