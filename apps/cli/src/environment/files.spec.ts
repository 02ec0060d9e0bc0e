import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readText } from './files.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-files-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('what stands in the place of a text file', () => {
  const onUnix = process.platform === 'win32' ? test.skip : test;

  onUnix('is not waited at, as a pipe would be', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(readText(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'FILE_READ' });
  });

  onUnix('is not read for ever, as a device would be', async () => {
    await symlink('/dev/zero', join(folder, 'device'));
    await expect(readText(join(folder, 'device'))).rejects.toMatchObject({ code: 'FILE_READ' });
  });

  test('is not read if it is too large', async () => {
    await writeFile(join(folder, 'large'), 'x'.repeat(101));
    await expect(readText(join(folder, 'large'), undefined, 100)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('has 101 bytes'),
    });
  });

  test('may be a folder, which is said', async () => {
    await expect(readText(folder)).rejects.toMatchObject({
      code: 'FILE_READ',
      message: expect.stringContaining('is a folder'),
    });
  });
});
