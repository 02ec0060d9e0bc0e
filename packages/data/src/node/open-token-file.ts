import { close as closeFile, fstat, open, read as readFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AttuneError, fileReadError } from '@attune/core';
import {
  fingerprinted,
  tokensOf,
  type OpenTokens,
  type TokenDType,
  type TokenSource,
} from '../tokens/index.js';

// Descriptors, not the FileHandles of node:fs/promises: those warn when a dataset is dropped without close().
const openAsync = promisify(open);
const closeAsync = promisify(closeFile);
const fstatAsync = promisify(fstat);

/**
 * Opens a little-endian token file: headerless, such as nanoGPT writes, or with llm.c's header (see
 * `parseTokenHeader`). Windows are read where they lie, and nothing is kept: memory stays flat whatever the size
 * of the file. Node has no memory mapping; the page cache of the operating system does its work, and a window that was
 * read lately costs a copy.
 *
 * @param dtype of the tokens; may be left out where a header says it.
 * @throws AttuneError FILE_NOT_FOUND; FILE_READ; FILE_EMPTY; FILE_CORRUPT if the size is no multiple of the size of a token, or the
 * header lies or says another dtype; INVALID_ARGUMENT if there is neither header nor dtype.
 */
export async function openTokenFile(path: string, dtype?: TokenDType): Promise<TokenSource> {
  const tokens = await openTokens(path, dtype);
  try {
    return await fingerprinted(tokens);
  } catch (error) {
    await tokens.close?.();
    throw error;
  }
}

/** {@link openTokenFile} without the fingerprint, for files that are parts of one source. */
export async function openTokens(path: string, dtype?: TokenDType): Promise<OpenTokens> {
  const missing = 'Make token files with `attune prepare`, or check the path.';
  const cannotRead = (error: unknown) => {
    throw fileReadError(path, error, missing);
  };
  // Looked at before it is opened: to open a pipe is to wait for somebody to write to it.
  const found = await stat(path).catch(cannotRead);
  if (!found.isFile() && !found.isDirectory()) {
    throw new AttuneError('FILE_READ', `${path} is not a regular file.`, { fix: missing });
  }
  let descriptor: number | undefined = await openAsync(path, 'r').catch(cannotRead);
  const close = async () => {
    const open = descriptor;
    descriptor = undefined;
    if (open !== undefined) await closeAsync(open);
  };
  try {
    const stats = await fstatAsync(descriptor);
    if (stats.isDirectory())
      throw fileReadError(path, Object.assign(new Error(), { code: 'EISDIR' }), missing);
    return await tokensOf({ name: path, size: stats.size, read, close }, dtype);
  } catch (error) {
    await close();
    throw error;
  }

  async function read(offset: number, length: number): Promise<Uint8Array> {
    if (descriptor === undefined) throw new AttuneError('DISPOSED', `${path} was closed.`);
    const buffer = new Uint8Array(length);
    await readFully(path, descriptor, buffer, offset);
    return buffer;
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
      readFile(descriptor, buffer, done, buffer.length - done, position + done, (error, bytesRead) =>
        error ? reject(fileReadError(path, error, '')) : resolve(bytesRead),
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
