import { Random } from '@attune/core';
import { idxFile } from '../testing/idx-file.js';
import { idxImages, parseIdx } from './idx.js';

const pixels = Array.from({ length: 12 }, (_, i) => 20 * i);
const images = idxFile([2, 3, 2], pixels);
const labels = idxFile([2], [7, 3]);

test('reads images and labels', () => {
  const set = idxImages({ images, labels });
  expect(set).toMatchObject({ count: 2, height: 3, width: 2, numLabels: 8 });
  expect([...set.pixels]).toEqual(pixels);
  expect([...set.labels]).toEqual([7, 3]);
});

test('reads from the middle of a buffer', () => {
  const shifted = new Uint8Array([9, 9, 9, ...labels]).subarray(3);
  expect([...parseIdx(shifted, 'labels').data]).toEqual([7, 3]);
});

test.each([
  ['nothing', new Uint8Array(0), 'FILE_EMPTY', 'has no bytes'],
  ['what is still compressed', Uint8Array.of(0x1f, 0x8b, 8, 0, 0), 'FILE_CORRUPT', 'is no IDX file'],
  ['a cut header', images.subarray(0, 9), 'FILE_CORRUPT', 'ends within its header'],
  ['no axes', Uint8Array.of(0, 0, 8, 0), 'FILE_CORRUPT', 'ends within its header of 0 axes'],
  ['cut data', images.subarray(0, 20), 'FILE_CORRUPT', 'should hold [2, 3, 2] bytes, but has 4'],
  ['data that goes on', new Uint8Array([...labels, 1]), 'FILE_CORRUPT', 'should hold [2] bytes, but has 3'],
  ['floats', Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), 'FILE_CORRUPT', 'float32'],
  // 2³² − 1 four times: nothing is allocated for what a header says.
  [
    'lengths that lie',
    new Uint8Array([0, 0, 8, 4, ...new Array<number>(16).fill(255)]),
    'FILE_CORRUPT',
    '[4294967295, ',
  ],
])('refuses %s', (_what, bytes, code, message) => {
  expect(() => parseIdx(bytes, 'images.idx')).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});

test.each([
  ['files that are exchanged', { images: labels, labels: images }, 'must have three axes'],
  ['labels with axes of images', { images, labels: images }, 'must have one axis'],
  [
    'files of two splits',
    { images, labels: idxFile([3], [1, 2, 3]) },
    '2 images, but the file of labels 3 labels',
  ],
  ['labels beyond the classes', { images, labels, numLabels: 7 }, 'the label 7, but there are 7 classes'],
])('refuses %s', (_what, files, message) => {
  expect(() => idxImages(files)).toThrow(
    expect.objectContaining({ code: 'FILE_CORRUPT', message: expect.stringContaining(message) }),
  );
});

test('refuses a set without images', () => {
  expect(() => idxImages({ images: idxFile([0, 28, 28], []), labels: idxFile([0], []) })).toThrow(
    expect.objectContaining({ code: 'FILE_EMPTY' }),
  );
});

test('whatever the bytes, it is an array or a typed error', () => {
  const random = new Random(1);
  for (let i = 0; i < 2000; i++) {
    const bytes = Uint8Array.from(images);
    for (let n = random.integer(4); n >= 0; n--) bytes[random.integer(bytes.length)] = random.integer(256);
    try {
      const { shape, data } = parseIdx(bytes.subarray(0, random.integer(bytes.length + 1)), 'fuzz');
      expect(data).toHaveLength(shape.reduce((size, length) => size * length, 1));
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^FILE_(CORRUPT|EMPTY)$/);
    }
  }
});
