import { AttuneError } from '@attune/core';
import { memorySource } from '../bytes/byte-source.js';
import { hashSource } from '../bytes/sha256.js';
import type { FileSource, Folder } from './folder.js';

/** Files in memory as a folder. */
export function memoryFolder(files: ReadonlyMap<string, Uint8Array>, name = 'memory'): Folder {
  const open = async (file: string): Promise<FileSource> => {
    const bytes = files.get(file);
    if (!bytes) throw new AttuneError('FILE_NOT_FOUND', `${name}/${file} does not exist.`);
    return { ...memorySource(bytes, `${name}/${file}`), close: async () => undefined };
  };
  return {
    name,
    list: async () => [...files.keys()],
    open,
    sha256: async (file) => hashSource(await open(file)),
  };
}
