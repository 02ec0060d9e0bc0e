import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '@attune/core';

/**
 * Makes a folder and those above it. Not by `recursive: true`, with which Node tries forever where a file system refuses
 * a new folder with ENOENT, as `/proc` does.
 *
 * @returns true if it was made, and not there already.
 * @throws the error of `node:fs`.
 */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    const isFolder = async () => (await stat(path)).isDirectory();
    if (systemCode(error) === 'EEXIST' && (await isFolder())) return false;
    const parent = dirname(path);
    if (systemCode(error) !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent);
    // Somebody else may have made it meanwhile.
    return mkdir(path).then(
      () => true,
      async (cause: unknown) => {
        if (systemCode(cause) === 'EEXIST' && (await isFolder())) return false;
        throw cause;
      },
    );
  }
}
