/**
 * Folders in a browser: in its private file system (OPFS), and those that the user has opened.
 *
 * @packageDocumentation
 */
export { accessHandleFile } from './access-handle-file.js';
export { directoryFolder, type DirectoryFolderOptions } from './directory-folder.js';
export { fakeFileSystem, type FakeBrowser } from './fake-file-system.js';
export type { LockManager } from './folder-lock.js';
export type {
  DirectoryHandle,
  FileHandle,
  SyncAccessFile,
  SyncReadableFile,
  WritableFile,
} from './file-system.js';
export type { BlobLike } from '../bytes/blob-source.js';
export { writeFileAtomically } from './write-file.js';
