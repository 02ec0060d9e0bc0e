import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile } from '../node/index.js';
import { accessHandleFile } from '../web/index.js';
import { blobSource } from './blob-source.js';
import { memorySource, type OpenFile } from './byte-source.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-files-'))));
afterEach(() => rm(folder, { recursive: true }));

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

async function onDisk(): Promise<OpenFile> {
  const path = join(folder, 'x');
  await writeFile(path, bytes);
  return openFile(path);
}

function throughHandle(): OpenFile {
  const read = (into: Uint8Array, { at }: { at: number }) => {
    // As a file system may, it reads less than it is asked for.
    const part = bytes.subarray(at, at + Math.min(7, into.byteLength));
    into.set(part);
    return part.byteLength;
  };
  return accessHandleFile({ getSize: () => bytes.byteLength, read, close: () => undefined }, 'x');
}

test.each<[string, () => OpenFile | Promise<OpenFile>]>([
  ['on disk', onDisk],
  ['of a browser', () => blobSource(new Blob([bytes]), 'x')],
  ['through a synchronous handle', throughHandle],
  ['in memory', () => memorySource(bytes, 'x')],
])('a file %s is read where it is asked for, and not behind its end', async (_, open) => {
  const file = await open();
  expect(file.size).toBe(100);
  for (const [offset, length] of [
    [0, 100],
    [3, 10],
    [100, 0],
  ] as const) {
    expect([...(await file.read(offset, length))]).toEqual([...bytes.subarray(offset, offset + length)]);
  }
  await expect(file.read(95, 6)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  await file.close();
  await file.close();
});

test('a file that was changed or became shorter is noticed', async () => {
  const gone = () => Promise.reject(new DOMException('changed', 'NotReadableError'));
  const blob = { size: 8, slice: () => blob, arrayBuffer: gone };
  await expect(blobSource(blob, 'x.bin').read(0, 4)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('x.bin was changed'),
  });
  const onDisk = join(folder, 'y');
  await writeFile(onDisk, bytes);
  const opened = await openFile(onDisk);
  await truncate(onDisk, 10);
  await expect(opened.read(0, 100)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('ended at byte 10'),
  });
  await opened.close();
  await expect(opened.read(0, 4)).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('a synchronous handle is closed once, and not read any more', async () => {
  let closed = 0;
  const access = { getSize: () => 8, read: () => 0, close: () => void closed++ };
  const file = accessHandleFile(access, 'y.bin');
  await expect(file.read(0, 4)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  await file.close();
  await file.close();
  expect(closed).toBe(1);
  await expect(file.read(0, 4)).rejects.toMatchObject({ code: 'DISPOSED' });
});
