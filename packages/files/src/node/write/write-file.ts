import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileWriteError } from '@attune/core';
import { chunksOf, type FileContent } from '../../bytes/file-content.js';
import { hashing } from '../read/sha256.js';
import { removeLeftBehind, temporaryPath } from './temporary.js';

/** Makes what was renamed or made within a folder survive a power failure, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no way to flush a folder.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeThrough(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  // Exclusively: a link that is there already is not followed.
  const handle = await open(path, 'wx');
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts something in the place of `path` whole or not at all: it is made under a temporary name, then renamed. A link that is
 * there is replaced, and not followed. What processes that were killed left on the way is removed.
 *
 * @param make makes it under the name that it is given, where nothing is yet.
 * @throws AttuneError FILE_WRITE; what `make` throws.
 */
export async function replaceAtomically(
  path: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await make(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    await removeLeftBehind(path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileWriteError(path, error);
  }
}

/**
 * Writes a file whole or not at all: under a temporary name, flushed to the disk, then renamed. A link that is there is
 * replaced, and not followed. What processes that were killed left on the way is removed.
 *
 * @returns the SHA-256 of what was written, hexadecimal.
 * @throws AttuneError FILE_WRITE; what the content throws.
 */
export async function writeFileAtomically(path: string, content: FileContent): Promise<string> {
  const hash = createHash('sha256');
  await replaceAtomically(path, (temporary) => writeThrough(temporary, hashing(chunksOf(content), hash)));
  return hash.digest('hex');
}
