import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileWriteError } from '@attune/core';
import { parseTemporary } from '../../folder/temporary-name.js';
import { listFolder } from './write-folder.js';

/**
 * Finishes what a process that was killed left half done in a folder: what was not written to the end is removed, and a
 * folder that was about to be replaced is put back. Only for folders that nobody is writing to.
 *
 * @param isOurs tells by its name a file or folder that was written. Others' temporary files stay.
 * @throws AttuneError FILE_WRITE.
 */
export async function recoverWrites(folder: string, isOurs: (name: string) => boolean): Promise<void> {
  try {
    for (const entry of (await listFolder(folder)) ?? []) {
      const found = parseTemporary(entry);
      if (!found || !isOurs(found.name)) continue;
      const { name, kind } = found;
      const path = join(folder, name);
      if (kind === 'old' && (await listFolder(path)) === undefined) await rename(join(folder, entry), path);
      else await rm(join(folder, entry), { recursive: true, force: true });
    }
  } catch (error) {
    throw fileWriteError(folder, error);
  }
}
