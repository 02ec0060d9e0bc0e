import { hashSource } from '../bytes/sha256.js';
import type { FileSource, Folder } from '../folder/folder.js';
import { blobSource } from './blob-source.js';
import { browserReadError, type DirectoryHandle } from './file-system.js';

/** A directory of the browser's private file system, or one that the user has opened, as a folder. */
export function directoryFolder(directory: DirectoryHandle, name = directory.name): Folder {
  const open = async (file: string): Promise<FileSource> => {
    const path = `${name}/${file}`;
    try {
      return blobSource(await (await directory.getFileHandle(file)).getFile(), path);
    } catch (error) {
      throw browserReadError(path, error);
    }
  };
  return {
    name,
    async list() {
      const names: string[] = [];
      for await (const entry of directory.keys()) names.push(entry);
      return names;
    },
    open,
    sha256: async (file) => hashSource(await open(file)),
  };
}
