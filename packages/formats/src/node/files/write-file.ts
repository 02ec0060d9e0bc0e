import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileWriteError } from '@attune/core';
import type { FileContent } from '../../bytes/file-content.js';

/** A name beside `path` that nothing else has, hidden from listings. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
}

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
 * Writes a file whole or not at all: under a temporary name, flushed to the disk, then renamed.
 *
 * @throws AttuneError FILE_WRITE; what the content throws.
 */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeThrough(temporary, content);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileWriteError(path, error);
  }
}
