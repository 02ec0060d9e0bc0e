import { join } from 'node:path';
import { fileReadError } from '@attune/core';
import type { Folder } from '../../folder/folder.js';
import { openFileSource } from './file-source.js';
import { hashFile } from './sha256.js';
import { listFolder } from './write-folder.js';

/**
 * A folder on disk.
 *
 * @param fix what to do if it cannot be read.
 */
export function diskFolder(path: string, fix?: string): Folder {
  return {
    name: path,
    list: () =>
      listFolder(path).catch((error: unknown) => {
        throw fileReadError(path, error, fix);
      }),
    open: (file) => openFileSource(join(path, file)),
    sha256: (file) => hashFile(join(path, file)),
  };
}
