import { AttuneError } from '@attune/core';
import type { FileSource } from '../folder/folder.js';
import { browserReadError, type BlobLike } from './file-system.js';

/** A `Blob`, or a `File` that was dropped or chosen. */
export function blobSource(blob: BlobLike, name: string): FileSource {
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
      if (buffer.byteLength === length) return new Uint8Array(buffer);
      throw new AttuneError(
        'FILE_CORRUPT',
        `${name} ends at byte ${offset + buffer.byteLength}, but ${length} were read from byte ${offset}.`,
      );
    },
    close: async () => undefined,
  };
}
