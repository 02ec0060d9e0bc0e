import type { OpenFile } from '../bytes/byte-source.js';
import { cached } from '../bytes/cached-file.js';

const CHUNK_BYTES = 2 ** 16;
const CACHE_BYTES = 2 ** 24;
/** Longer reads are worth a call of their own, and are not kept: weights, mostly. */
const LONG_BYTES = CHUNK_BYTES / 4;

/**
 * A file of which short reads come from the last 16 MiB that were read so. A browser hands each read of a file from
 * process to process, which costs more than a step of a small model where each row of a batch is a read.
 */
export function cacheWindows(file: OpenFile): OpenFile {
  const windows = cached(file, { chunkBytes: CHUNK_BYTES, cacheBytes: CACHE_BYTES });
  return {
    ...file,
    read: (offset, length) =>
      (length > LONG_BYTES || offset + length > file.size ? file : windows).read(offset, length),
  };
}
