import { lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileWriteError } from '@attune/core';

/**
 * Removes a file, or a folder with all that is in it; what is not there is no error. A folder leaves the list at once, so
 * that none is ever seen that is half removed. A link is removed, and not followed.
 *
 * @throws AttuneError FILE_WRITE.
 */
export async function removePath(path: string): Promise<void> {
  try {
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory()) return await rm(path, { force: true });
    const hidden = join(dirname(path), `.${basename(path)}.tmp`);
    await rm(hidden, { recursive: true, force: true });
    await rename(path, hidden);
    await rm(hidden, { recursive: true, force: true });
  } catch (error) {
    throw fileWriteError(path, error);
  }
}
