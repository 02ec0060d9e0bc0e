import { Random, type Batch, type Dataset } from '@attune/core';
import { takeBatches } from '../testing/take-batches.js';
import { evaluationImages } from './evaluation-images.js';
import { imageDataset } from './image-dataset.js';
import type { ImageSet } from './image-set.js';

/** Eleven images of noise, 8 × 8. */
function noise(seed: number): ImageSet {
  const random = new Random(seed);
  const bytes = (length: number, below: number) => Uint8Array.from({ length }, () => random.integer(below));
  const [pixels, labels] = [bytes(11 * 64, 256), bytes(11, 10)];
  return { name: `noise ${seed}`, count: 11, height: 8, width: 8, pixels, labels, numLabels: 10 };
}

const set = noise(1);
/** Which image each row is, by its pixels. */
const imagesOf = ({ x }: Batch) => {
  const rows = Array.from({ length: x!.shape[0]! }, (_, row) => [
    ...x!.data.subarray(row * 64, (row + 1) * 64),
  ]);
  return rows.map((row) =>
    Array.from({ length: set.count }, (_, i) => i).findIndex((i) =>
      row.every((value, j) => value === Math.fround(set.pixels[i * 64 + j]! / 255)),
    ),
  );
};

test('each image at most once an epoch, in an order of its own for every epoch; the rest is dropped', async () => {
  const data = imageDataset(set, { batchSize: 4 });
  expect(data.batchesPerEpoch).toBe(2);
  const batches = (await takeBatches(data, 4)).map(imagesOf);
  const epochs = [batches.slice(0, 2).flat(), batches.slice(2).flat()];
  for (const epoch of epochs) expect(new Set(epoch).size).toBe(8);
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(epochs.flat()).not.toContain(-1);
});

test('labels and masks go with the images', async () => {
  const [batch] = await takeBatches(imageDataset(set, { batchSize: 4, sampling: 'sequential' }), 1);
  expect(imagesOf(batch!)).toEqual([0, 1, 2, 3]);
  expect([...batch!['label']!.data]).toEqual([...set.labels.subarray(0, 4)]);
  expect([...batch!['lossMask']!.data]).toEqual([1, 1, 1, 1]);
  expect(batch!['x']!.shape).toEqual([4, 1, 8, 8]);
});

test('resumes exactly where its state was taken, and nowhere else', async () => {
  const options = { batchSize: 3, seed: 5 };
  const first = imageDataset(set, options);
  await takeBatches(first, 4);
  const state = JSON.parse(JSON.stringify(first.state())) as ReturnType<Dataset['state']>;
  const second = imageDataset(set, options);
  second.restore(state);
  expect(await takeBatches(second, 3)).toEqual(await takeBatches(first, 3));
  for (const other of [imageDataset(set, { ...options, seed: 6 }), imageDataset(noise(2), options)]) {
    expect(() => other.restore(state)).toThrow(expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }));
  }
});

test('for evaluation: every image once, in order, the last batch filled with rows of mask 0', async () => {
  const data = evaluationImages(set, { batchSize: 4 });
  const batches = await takeBatches(data, 9);
  expect(batches).toHaveLength(3);
  expect(batches.flatMap(imagesOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1]);
  expect([...batches[2]!['lossMask']!.data]).toEqual([1, 1, 1, 0]);
  expect(await takeBatches(data, 9)).toEqual(batches);
});

test('refuses batches that cannot be', () => {
  expect(() => imageDataset(set, { batchSize: 12 })).toThrow(
    expect.objectContaining({ code: 'DATA_TOO_SHORT' }),
  );
  expect(() => imageDataset(set, { batchSize: 0 })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
  expect(() => evaluationImages(set, { batchSize: 0.5 })).toThrow('batchSize must be a positive integer');
});
