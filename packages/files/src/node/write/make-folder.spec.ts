import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-make-'))));
afterEach(() => rm(folder, { recursive: true }));

test('makes a folder and those above it, and says whether it was there', async () => {
  const path = join(folder, 'a', 'b', 'c');
  expect(await makeFolder(path)).toBe(true);
  expect((await stat(path)).isDirectory()).toBe(true);
  expect(await makeFolder(path)).toBe(false);
});

test('two may make the same one', async () => {
  const path = join(folder, 'a', 'b');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('fails where a file is in the way', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

(process.platform === 'linux' ? test : test.skip)(
  'fails, and ends, where no folder can be made (below /proc, which only Linux has)',
  async () => {
    await expect(makeFolder('/proc/attune/a')).rejects.toMatchObject({ code: 'ENOENT' });
  },
);
