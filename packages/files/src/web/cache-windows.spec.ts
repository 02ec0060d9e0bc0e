import { blobSource } from '../bytes/blob-source.js';
import { fakeFileSystem } from './fake-file-system.js';
import { cacheWindows } from './cache-windows.js';
import { directoryFolder } from './directory-folder.js';

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251);

/** A file, and the reads that reach it. */
function counted() {
  const reads: [offset: number, length: number][] = [];
  const file = blobSource(new Blob([bytes]), 'tokens.bin');
  const read = (offset: number, length: number) => {
    reads.push([offset, length]);
    return file.read(offset, length);
  };
  return { reads, file: cacheWindows({ ...file, read }) };
}

test('short reads of the same stretch are one read of the file, also at the same time', async () => {
  const { reads, file } = counted();
  const offsets = [0, 130, 65_530, 70_000, 199_990, 0];
  const windows = await Promise.all(offsets.map((offset) => file.read(offset, 10)));
  windows.forEach((window, i) => expect(window).toEqual(bytes.slice(offsets[i], offsets[i]! + 10)));
  expect(reads).toEqual([
    [0, 65_536],
    [65_536, 65_536],
    [196_608, 3392],
  ]);
});

test('long reads, and those behind the end, go to the file', async () => {
  const { reads, file } = counted();
  expect(await file.read(5, 100_000)).toEqual(bytes.slice(5, 100_005));
  expect(reads).toEqual([[5, 100_000]]);
  await expect(file.read(199_999, 2)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
});

test('a reader who writes into what it got changes nothing for the next', async () => {
  const { file } = counted();
  (await file.read(10, 4)).fill(0);
  expect(await file.read(10, 4)).toEqual(bytes.slice(10, 14));
});

test('a file that is opened again has what was written meanwhile', async () => {
  const folder = directoryFolder(fakeFileSystem(), { name: 'x' });
  await folder.write('y', 'before');
  expect(await (await folder.open('y')).read(0, 6)).toEqual(new TextEncoder().encode('before'));
  await folder.write('y', 'after!');
  expect(await (await folder.open('y')).read(0, 6)).toEqual(new TextEncoder().encode('after!'));
});
