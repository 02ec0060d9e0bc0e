import { close as closeFile, fstat, open, read as readFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AttuneError, fileReadError } from '@attune/core';
import { closedError, shortenedError, type OpenFile } from '../../bytes/byte-source.js';

// Descriptors, not the FileHandles of node:fs/promises: those warn when a dataset is dropped without close().
const openAsync = promisify(open);
const closeAsync = promisify(closeFile);
const fstatAsync = promisify(fstat);

/** Node reads at most 2 GiB at once. */
const MAX_READ_BYTES = 2 ** 30;

/** FILE_READ for what is there in place of a file. */
function notAFile(path: string, isFolder: boolean, fix?: string): AttuneError {
  if (isFolder) return fileReadError(path, Object.assign(new Error(), { code: 'EISDIR' }), fix);
  return new AttuneError('FILE_READ', `${path} is not a file.`, { fix });
}

/**
 * Opens a file for reading piece by piece. What is read is not kept: the page cache of the operating system does that, and a
 * piece that was read lately costs a copy.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND; FILE_READ, also if it is a folder, a pipe or a device.
 */
export async function openFile(path: string, fix?: string): Promise<OpenFile> {
  const cannotRead = (error: unknown) => {
    throw fileReadError(path, error, fix);
  };
  // Looked at before it is opened: to open a pipe is to wait for somebody to write to it.
  const found = await stat(path).catch(cannotRead);
  if (!found.isFile()) throw notAFile(path, found.isDirectory(), fix);
  let descriptor: number | undefined = await openAsync(path, 'r').catch(cannotRead);
  const close = async () => {
    const open = descriptor;
    descriptor = undefined;
    if (open !== undefined) await closeAsync(open);
  };
  try {
    const opened = await fstatAsync(descriptor);
    if (!opened.isFile()) throw notAFile(path, opened.isDirectory(), fix);
    const { size } = opened;
    return {
      name: path,
      size,
      async read(offset, length) {
        if (descriptor === undefined) throw closedError(path);
        const bytes = new Uint8Array(length);
        await readFully(path, descriptor, bytes, offset);
        return bytes;
      },
      close,
    };
  } catch (error) {
    await close();
    return cannotRead(error);
  }
}

/** Fills `bytes` from byte `position` on. One read may return less than it was asked for. */
async function readFully(
  path: string,
  descriptor: number,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(bytes.length - done, MAX_READ_BYTES);
    const count = await new Promise<number>((resolve, reject) => {
      readFile(descriptor, bytes, done, length, position + done, (error, bytesRead) =>
        error ? reject(fileReadError(path, error)) : resolve(bytesRead),
      );
    });
    if (count === 0) throw shortenedError(path, position + done);
    done += count;
  }
}
