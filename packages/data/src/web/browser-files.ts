import { AttuneError, messageOf } from '@attune/core';
import type { ByteFile } from '../tokens/index.js';
import type { BlobLike, FileHandle, SyncAccessFile } from './file-system.js';

const shorter = (name: string, at: number) =>
  new AttuneError('FILE_CORRUPT', `${name} ended at byte ${at}: it became shorter while it was open.`, {
    fix: 'Do not write to token files that are in use; start again.',
  });

/** What a failed attempt to read a file of the browser's becomes. */
export function readError(name: string, cause: unknown): AttuneError {
  if (cause instanceof AttuneError) return cause;
  const kind = (cause as { readonly name?: string } | null)?.name;
  if (kind === 'NotFoundError' || kind === 'TypeMismatchError') {
    return new AttuneError('FILE_NOT_FOUND', `${name} does not exist.`, { cause });
  }
  if (kind === 'NotReadableError') {
    return new AttuneError('FILE_CORRUPT', `${name} was changed or removed while it was open.`, {
      fix: 'Choose the file again.',
      cause,
    });
  }
  return new AttuneError('FILE_READ', `${name} cannot be read: ${messageOf(cause)}.`, { cause });
}

/** A `Blob`, or a `File` that was chosen or dropped. A file that is changed meanwhile fails to be read. */
export function blobFile(
  blob: BlobLike,
  name = (blob as { readonly name?: string }).name ?? 'blob',
): ByteFile {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        throw readError(name, error);
      }
      if (bytes.byteLength < length) throw shorter(name, offset + bytes.byteLength);
      return bytes;
    },
  };
}

/** A file of the browser's private file system (OPFS), or one that the user has opened, as it is now. */
export async function handleFile(handle: FileHandle, name = handle.name): Promise<ByteFile> {
  try {
    return blobFile(await handle.getFile(), name);
  } catch (error) {
    throw readError(name, error);
  }
}

/**
 * A file of the private file system that a worker has open: `await handle.createSyncAccessHandle()`. The fastest way to
 * read; while it is open, nothing else may write to the file. It is closed with the file.
 */
export function accessHandleFile(access: SyncAccessFile, name: string): ByteFile {
  let closed = false;
  return {
    name,
    size: access.getSize(),
    async read(offset, length) {
      if (closed) throw new AttuneError('DISPOSED', `${name} was closed.`);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const count = access.read(bytes.subarray(done), { at: offset + done });
        if (count === 0) throw shorter(name, offset + done);
        done += count;
      }
      return bytes;
    },
    async close() {
      if (!closed) access.close();
      closed = true;
    },
  };
}
