import { AttuneError } from '@attune/core';

/** Bytes that are read piece by piece: a file, a response, memory. */
export interface ByteSource {
  /** For messages: a path, a URL, or `memory`. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes.
   *
   * @throws AttuneError FILE_CORRUPT if the source has become shorter or another; DISPOSED if it was closed.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A file that is open. */
export interface OpenFile extends ByteSource {
  /** Closes the file. A file that is closed already stays so. */
  close(): Promise<void>;
}

/** Bytes in memory. What is read is a view, not a copy. */
export function memorySource(bytes: Uint8Array, name = 'memory'): OpenFile {
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
    close: async () => undefined,
  };
}

/** FILE_CORRUPT: a file ended before what was to be read of it. */
export function shortenedError(name: string, end: number): AttuneError {
  return new AttuneError(
    'FILE_CORRUPT',
    `${name} ended at byte ${end}: it became shorter while it was open.`,
    { fix: 'Do not write to files that are in use; start again.' },
  );
}

/** DISPOSED: a file is read that was closed. */
export function closedError(name: string): AttuneError {
  return new AttuneError('DISPOSED', `${name} was closed.`);
}
