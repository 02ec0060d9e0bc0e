import { open, stat, type FileHandle } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';
import type { FileSource } from '../../folder/folder.js';

/** Node reads at most 2 GiB at once. */
const MAX_READ_BYTES = 2 ** 30;

/**
 * Opens a file for reading piece by piece.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ.
 */
export async function openFileSource(path: string, fix?: string): Promise<FileSource> {
  let handle: FileHandle | undefined;
  try {
    // Looked at before it is opened: to open a pipe is to wait for somebody to write to it.
    if (!(await stat(path)).isFile()) {
      throw new AttuneError('FILE_READ', `${path} is not a file.`, { fix });
    }
    handle = await open(path, 'r');
    return fileSource(path, handle, (await handle.stat()).size);
  } catch (error) {
    await handle?.close();
    throw fileReadError(path, error, fix);
  }
}

function fileSource(name: string, handle: FileHandle, size: number): FileSource {
  return {
    name,
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const piece = Math.min(length - done, MAX_READ_BYTES);
        const { bytesRead } = await handle.read(bytes, done, piece, offset + done).catch((cause: unknown) => {
          throw fileReadError(name, cause);
        });
        if (bytesRead === 0) {
          throw new AttuneError(
            'FILE_CORRUPT',
            `${name} ends at byte ${offset + done}; it had ${size} when opened.`,
          );
        }
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}
