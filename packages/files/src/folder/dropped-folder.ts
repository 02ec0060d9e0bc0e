import { AttuneError } from '@attune/core';
import { blobSource, type BlobLike } from '../bytes/blob-source.js';
import { hashSource } from '../bytes/sha256.js';
import type { OpenFile } from '../bytes/byte-source.js';
import type { Folder } from './folder.js';

/** Files that the user has chosen or dropped, as a folder. */
export function droppedFolder(
  files: Iterable<BlobLike & { readonly name: string }>,
  name = 'the files chosen',
): Folder {
  const byName = new Map([...files].map((file) => [file.name, file]));
  const open = async (file: string, fix?: string): Promise<OpenFile> => {
    const blob = byName.get(file);
    if (!blob) throw new AttuneError('FILE_NOT_FOUND', `${file} does not exist.`, { fix });
    return blobSource(blob, file);
  };
  return {
    name,
    list: async () => [...byName.keys()],
    has: async (file) => byName.has(file),
    open,
    sha256: async (file) => hashSource(await open(file)),
    folder: (child) => droppedFolder([], `${name}/${child}`),
  };
}
