import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileWriteError } from '@attune/core';
import type { FileContent } from '../../bytes/file-content.js';
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

async function writeThrough(path: string, content: FileContent): Promise<void> {
  // Exclusively: a link that is there already is not followed.
  const handle = await open(path, 'wx');
  try {
    const chunks = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for await (const chunk of chunks) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file whole or not at all: under a temporary name, flushed to the disk, then renamed. A link that is there is
 * replaced, and not followed. What processes that were killed left on the way is removed.
 *
 * @throws AttuneError FILE_WRITE; what the content throws.
 */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeThrough(temporary, content);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    await removeLeftBehind(path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileWriteError(path, error);
  }
}
