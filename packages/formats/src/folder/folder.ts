import type { ByteSource } from '../bytes/byte-source.js';

/** A file that is open. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/** The files of a folder to read from, wherever it lies: on a disk, in a browser's private file system, in an archive. */
export interface Folder {
  /** For messages: a path. */
  readonly name: string;
  /** Names of what is in it; `undefined` if it does not exist. */
  list(): Promise<readonly string[] | undefined>;
  /** @throws AttuneError FILE_NOT_FOUND. */
  open(file: string): Promise<FileSource>;
  /** A file's SHA-256, hexadecimal. @throws AttuneError FILE_NOT_FOUND. */
  sha256(file: string): Promise<string>;
}
