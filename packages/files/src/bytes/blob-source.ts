import { AttuneError, messageOf } from '@attune/core';
import { shortenedError, type OpenFile } from './byte-source.js';

/** A `Blob` or `File`. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

const nameOf = (error: unknown): string | undefined =>
  (error as { readonly name?: string } | null | undefined)?.name;

/** True if a file could not be had because nothing is there, or something of another kind. */
export function isMissing(error: unknown): boolean {
  return ['NotFoundError', 'TypeMismatchError'].includes(nameOf(error) ?? '');
}

/**
 * The error of a browser's failed read.
 *
 * @param fix what to do where nothing is there.
 */
export function browserReadError(path: string, cause: unknown, fix?: string): AttuneError {
  if (cause instanceof AttuneError) return cause;
  if (isMissing(cause)) return new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, { fix, cause });
  if (nameOf(cause) === 'NotReadableError') {
    return new AttuneError('FILE_CORRUPT', `${path} was changed or removed while it was open.`, {
      fix: 'Choose the file again.',
      cause,
    });
  }
  return new AttuneError('FILE_READ', `${path} cannot be read: ${messageOf(cause)}.`, { cause });
}

/** A `Blob`, or a `File` that was dropped or chosen. One that is changed meanwhile fails to be read. */
export function blobSource(
  blob: BlobLike,
  name: string = (blob as { readonly name?: string }).name ?? 'blob',
): OpenFile {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      const buffer = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((error: unknown) => {
          throw browserReadError(name, error);
        });
      if (buffer.byteLength < length) throw shortenedError(name, offset + buffer.byteLength);
      return new Uint8Array(buffer);
    },
    close: async () => undefined,
  };
}
