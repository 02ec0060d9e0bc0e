import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { idxFile } from '../../testing/idx-file.js';
import { mnistFiles } from './mnist-files.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-'));
});
afterEach(() => rm(folder, { recursive: true }));

const images = idxFile([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const labels = idxFile([2], [9, 0]);
const put = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);

test('reads files as they were published, with a dot in the name, and compressed', async () => {
  await put('train-images-idx3-ubyte', images);
  await put('train-labels.idx1-ubyte', labels);
  await put('t10k-images-idx3-ubyte.gz', gzipSync(images));
  await put('t10k-labels-idx1-ubyte.gz', gzipSync(labels));
  for (const split of ['train', 'test'] as const) {
    const set = await mnistFiles(folder, split);
    expect([...set.pixels, ...set.labels, set.numLabels]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 10]);
  }
});

test('says which files it looked for', async () => {
  await expect(mnistFiles(folder, 'test')).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining('t10k-images-idx3-ubyte.gz') as string,
  });
});

test('names the file that does not unpack, or is damaged', async () => {
  await put('train-images-idx3-ubyte.gz', gzipSync(images).subarray(0, 20));
  const path = join(folder, 'train-images-idx3-ubyte');
  await expect(mnistFiles(folder, 'train')).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining(`${path}.gz does not unpack`) as string,
  });
  await put('train-images-idx3-ubyte', images.subarray(0, 17));
  await put('train-labels-idx1-ubyte', labels);
  await expect(mnistFiles(folder, 'train')).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining(`${path} should hold [2, 2, 2] bytes, but has 1`) as string,
  });
});

test('refuses, unread, a file that is larger than any set', async () => {
  await put('train-images-idx3-ubyte', images);
  // A hole: it takes no room on the disk.
  await truncate(join(folder, 'train-images-idx3-ubyte'), 2 ** 30 + 1);
  await expect(mnistFiles(folder, 'train')).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('has 1073741825 bytes: more than an IDX file has') as string,
  });
});

test('refuses what is no file', async () => {
  await mkdir(join(folder, 'train-images-idx3-ubyte'));
  await expect(mnistFiles(folder, 'train')).rejects.toMatchObject({ code: 'FILE_READ' });
});
