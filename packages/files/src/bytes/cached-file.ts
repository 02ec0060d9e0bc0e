import type { OpenFile } from './byte-source.js';

/**
 * A file that is read in chunks, of which those used last are kept: windows of tokens are much smaller than what a
 * request is worth, and those of an epoch lie side by side.
 */
export function cached(
  file: OpenFile,
  { chunkBytes, cacheBytes }: { readonly chunkBytes: number; readonly cacheBytes: number },
): OpenFile {
  /** Those used last come last. Promises, so that two readers of a chunk share one request. */
  const chunks = new Map<number, Promise<Uint8Array>>();
  const capacity = Math.max(1, Math.floor(cacheBytes / chunkBytes));

  const chunk = (index: number): Promise<Uint8Array> => {
    const start = index * chunkBytes;
    const bytes = chunks.get(index) ?? file.read(start, Math.min(chunkBytes, file.size - start));
    chunks.delete(index);
    chunks.set(index, bytes);
    // What failed is tried again by the next reader.
    bytes.catch(() => chunks.get(index) === bytes && chunks.delete(index));
    if (chunks.size > capacity) chunks.delete(chunks.keys().next().value!);
    return bytes;
  };

  return {
    ...file,
    async read(offset, length) {
      const result = new Uint8Array(length);
      const reads: Promise<void>[] = [];
      for (let index = Math.floor(offset / chunkBytes); index * chunkBytes < offset + length; index++) {
        const start = index * chunkBytes;
        reads.push(
          chunk(index).then((bytes) => {
            const part = bytes.subarray(Math.max(0, offset - start), offset + length - start);
            result.set(part, Math.max(0, start - offset));
          }),
        );
      }
      await Promise.all(reads);
      return result;
    },
  };
}
