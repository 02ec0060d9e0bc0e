import { close, fstat, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { AttuneError } from '@attune/core';
import {
  checkWindow,
  fingerprintOf,
  fingerprintWindows,
  type TokenDType,
  type TokenSource,
} from '../tokens/index.js';
import { readError } from './file-errors.js';

// Descriptors, not the FileHandles of node:fs/promises: those warn when a dataset is dropped without close().
const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);

const BYTES: Readonly<Record<TokenDType, number>> = { uint16: 2, uint32: 4 };

/**
 * Opens a headerless little-endian token file, such as nanoGPT writes. Windows are read where they lie, and nothing is
 * kept: memory stays flat whatever the size of the file. Node has no memory mapping; the page cache of the operating
 * system does its work, and a window that was read lately costs a copy.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT (the size is no multiple of the size of a token).
 */
export async function openTokenFile(path: string, dtype: TokenDType): Promise<TokenSource> {
  const missing = 'Make token files with `attune prepare`, or check the path.';
  let descriptor: number | undefined = await openAsync(path, 'r').catch((error: unknown) => {
    throw readError(path, error, missing);
  });
  const dispose = async () => {
    const open = descriptor;
    descriptor = undefined;
    if (open !== undefined) await closeAsync(open);
  };

  try {
    const stats = await fstatAsync(descriptor);
    if (stats.isDirectory()) throw readError(path, Object.assign(new Error(), { code: 'EISDIR' }), missing);
    const bytes = BYTES[dtype];
    checkSize(path, stats.size, bytes, dtype);
    const length = stats.size / bytes;

    const readWindow = async (start: number, count: number): Promise<Int32Array> => {
      if (descriptor === undefined) throw new AttuneError('DISPOSED', `${path} was closed.`);
      const buffer = new Uint8Array(count * bytes);
      await readFully(path, descriptor, buffer, start * bytes);
      // A typed array has the byte order of the machine: little-endian, as the files, everywhere but on IBM Z.
      return dtype === 'uint16'
        ? Int32Array.from(new Uint16Array(buffer.buffer))
        : new Int32Array(buffer.buffer);
    };
    const windows: Int32Array[] = [];
    for (const [start, count] of fingerprintWindows(length)) windows.push(await readWindow(start, count));

    const source: TokenSource = {
      name: path,
      length,
      dtype,
      fingerprint: fingerprintOf(length, windows),
      async read(start, count) {
        checkWindow(source, start, count);
        return readWindow(start, count);
      },
      close: dispose,
    };
    return source;
  } catch (error) {
    await dispose();
    throw error;
  }
}

function checkSize(path: string, size: number, bytes: number, dtype: TokenDType): void {
  if (size === 0) {
    throw new AttuneError('FILE_EMPTY', `${path} is empty.`, {
      fix: 'Make it again with `attune prepare`; a run that was interrupted may have left it.',
    });
  }
  if (size % bytes !== 0) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${path} has ${size} bytes, which is no multiple of the ${bytes} bytes of a ${dtype} token.`,
      {
        fix: 'It was cut off, has a header, or holds something else: make it again with `attune prepare`.',
        data: { size, dtype },
      },
    );
  }
}

/** Fills `buffer` from byte `position` on. One read may return less than it was asked for. */
async function readFully(
  path: string,
  descriptor: number,
  buffer: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < buffer.length) {
    const count = await new Promise<number>((resolve, reject) => {
      read(descriptor, buffer, done, buffer.length - done, position + done, (error, bytesRead) =>
        error ? reject(readError(path, error, '')) : resolve(bytesRead),
      );
    });
    if (count === 0) {
      throw new AttuneError(
        'FILE_CORRUPT',
        `${path} ended at byte ${position + done}: it became shorter while it was open.`,
        {
          fix: 'Do not write to token files that are in use; start again.',
        },
      );
    }
    done += count;
  }
}
