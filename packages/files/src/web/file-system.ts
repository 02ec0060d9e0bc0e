import { AttuneError, messageOf } from '@attune/core';
import type { BlobLike } from '../bytes/blob-source.js';

// What is used here of the File System API, so that no code of ours takes a browser's globals for granted. The
// browser's own FileSystemFileHandle and FileSystemDirectoryHandle are such handles.

/** A `FileSystemWritableFileStream`. */
export interface WritableFile {
  write(data: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** A `FileSystemSyncAccessHandle`, which workers have, to read from. */
export interface SyncReadableFile {
  read(buffer: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  close(): void;
}

/** A `FileSystemSyncAccessHandle`, which workers have. */
export interface SyncAccessFile extends SyncReadableFile {
  write(data: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
}

/** A `FileSystemFileHandle`. */
export interface FileHandle {
  readonly kind: 'file';
  readonly name: string;
  getFile(): Promise<BlobLike>;
  /** Missing in older Safari. */
  createWritable?(): Promise<WritableFile>;
  /** Missing outside of workers. */
  createSyncAccessHandle?(): Promise<SyncAccessFile>;
  /** Missing outside of the private file system, in some browsers. */
  move?(name: string): Promise<void>;
}

/** A `FileSystemDirectoryHandle`, e.g. `await navigator.storage.getDirectory()`. */
export interface DirectoryHandle {
  readonly kind: 'directory';
  readonly name: string;
  getFileHandle(name: string, options?: { readonly create?: boolean }): Promise<FileHandle>;
  getDirectoryHandle(name: string, options?: { readonly create?: boolean }): Promise<DirectoryHandle>;
  removeEntry(name: string, options?: { readonly recursive?: boolean }): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** The error of a failed write: FILE_WRITE. Errors of ours stay what they are. */
export function browserWriteError(path: string, cause: unknown): AttuneError {
  if (cause instanceof AttuneError) return cause;
  const name = (cause as { readonly name?: string } | null | undefined)?.name ?? '';
  const [reason, fix] = (
    {
      QuotaExceededError: [
        'the browser gives this site no more storage',
        'Remove earlier runs, or free some disk space.',
      ],
      NoModificationAllowedError: ['another tab or worker has it open', 'Close other tabs of this site.'],
      NotAllowedError: ['the browser does not allow it', 'Allow this site to store data.'],
    } as Readonly<Record<string, readonly [string, string]>>
  )[name] ?? [messageOf(cause), 'Try again.'];
  return new AttuneError('FILE_WRITE', `${path} cannot be written: ${reason}.`, { fix, cause });
}
