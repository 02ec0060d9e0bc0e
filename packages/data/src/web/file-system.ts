// What is used here of the File System API, so that no code of ours takes a browser's globals for granted. The
// browser's own FileSystemFileHandle and FileSystemDirectoryHandle are such handles.

/** A `Blob` or `File`. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A `FileSystemSyncAccessHandle`, which workers have. */
export interface SyncAccessFile {
  read(buffer: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  close(): void;
}

/** A `FileSystemFileHandle`. */
export interface FileHandle {
  readonly name: string;
  getFile(): Promise<BlobLike>;
}

/** A `FileSystemDirectoryHandle`, e.g. a directory of `await navigator.storage.getDirectory()`. */
export interface DirectoryHandle {
  readonly name: string;
  getFileHandle(name: string): Promise<FileHandle>;
}
