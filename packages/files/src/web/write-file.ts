import { AttuneError } from '@attune/core';
import { hashing } from '../bytes/sha256.js';
import type { FileContent } from '../bytes/file-content.js';
import { browserWriteError, type DirectoryHandle, type FileHandle } from './file-system.js';

/** Bytes that are no view of shared memory, which browsers refuse to write. */
export function plainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

async function fill(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if (handle.createWritable) {
    const file = await handle.createWritable();
    try {
      for await (const chunk of chunks) await file.write(plainBytes(chunk));
      await file.close();
    } catch (error) {
      await file.abort().catch(() => undefined);
      throw error;
    }
  } else if (handle.createSyncAccessHandle) {
    const file = await handle.createSyncAccessHandle();
    try {
      file.truncate(0);
      let at = 0;
      for await (const chunk of chunks) at += writeFully(file, plainBytes(chunk), at);
      file.flush();
    } finally {
      file.close();
    }
  } else {
    throw new AttuneError(
      'FILE_WRITE',
      `${handle.name} cannot be written: this browser does so in workers only.`,
      {
        fix: 'Write from a worker.',
      },
    );
  }
}

/** Writes all of a chunk: a full disk shows in a write that takes less than it was given. */
export function writeFully(
  file: { write(data: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number },
  chunk: Uint8Array<ArrayBuffer>,
  at: number,
): number {
  const written = file.write(chunk, { at });
  if (written === chunk.byteLength) return written;
  throw new DOMException('too little was written', 'QuotaExceededError');
}

/** Writes a file where it is, and removes what a failure would leave that is not whole. */
async function writeInPlace(
  directory: DirectoryHandle,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const before = await directory.getFileHandle(name).catch(() => undefined);
  const handle = before ?? (await directory.getFileHandle(name, { create: true }));
  try {
    await fill(handle, chunks);
  } catch (error) {
    // A stream that is not closed leaves the file as it was.
    if (!before || !handle.createWritable) await directory.removeEntry(name);
    throw error;
  }
}

/**
 * Writes a file of a browser's private file system whole or not at all: under a temporary name, then moved. Where files
 * cannot be moved, the browser itself puts the new content in place when it is whole; only where it can do neither is a
 * file written where it is.
 *
 * @param path of the file, for messages.
 * @returns the SHA-256 of what was written, hexadecimal.
 * @throws AttuneError FILE_WRITE; what the content throws.
 */
export async function writeFileAtomically(
  directory: DirectoryHandle,
  name: string,
  content: FileContent,
  path = `${directory.name}/${name}`,
): Promise<string> {
  const temporary = `.${name}.tmp`;
  let sha256 = '';
  const chunks = hashing(content, (hash) => (sha256 = hash));
  try {
    const handle = await directory.getFileHandle(temporary, { create: true });
    if (handle.move) {
      await fill(handle, chunks);
      await handle.move(name);
    } else {
      await directory.removeEntry(temporary);
      await writeInPlace(directory, name, chunks);
    }
  } catch (error) {
    await directory.removeEntry(temporary).catch(() => undefined);
    throw browserWriteError(path, error);
  }
  return sha256;
}
