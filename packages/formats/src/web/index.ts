/**
 * Checkpoints in a browser: in its private file system (OPFS), and as a download.
 *
 * @packageDocumentation
 */
export type {
  CheckpointContents,
  ModelCheckpointContents,
  WholeCheckpointContents,
} from '../checkpoint/checkpoint-files.js';
export { readCheckpointFiles, type CheckpointFolder } from '../checkpoint/read-checkpoint-files.js';
export type { FileContent } from '../bytes/file-content.js';
export type { FileSource, Folder } from '../folder/folder.js';
export { memoryFolder } from '../folder/memory-folder.js';
export { zipArchive, type ArchiveEntry } from './archive.js';
export { readZipArchive, type ZipLimits } from './read-archive.js';
export { blobSource } from './blob-source.js';
export {
  listCheckpoints,
  openCheckpoint,
  readCheckpoint,
  readLatestCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
  type CheckpointEntry,
} from './checkpoints.js';
export { directoryFolder } from './directory-folder.js';
export {
  isMissing,
  type BlobLike,
  type DirectoryHandle,
  type FileHandle,
  type SyncAccessFile,
  type WritableFile,
} from './file-system.js';
export { writeFileAtomically } from './write-file.js';
