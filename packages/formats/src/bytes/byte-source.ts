import { AttuneError } from '@attune/core';

/** Bytes that are read piece by piece: a file, a response, memory. */
export interface ByteSource {
  /** For messages: a path, or `memory`. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes.
   *
   * @throws AttuneError FILE_CORRUPT if the source has become shorter.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory. What is read is a view, not a copy. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    // A promise that rejects, where a throw would surprise those who only await.
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.byteLength) {
        throw new AttuneError(
          'FILE_CORRUPT',
          `${name} has ${bytes.byteLength} bytes, but ${length} were read from byte ${offset}.`,
        );
      }
      return bytes.subarray(offset, offset + length);
    },
  };
}
