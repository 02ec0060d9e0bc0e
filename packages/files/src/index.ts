/**
 * Folders and files, wherever they lie. Runs in browsers, workers and Node: a disk is in `@attune/files/node`, a browser's
 * private file system in `@attune/files/web`.
 *
 * @packageDocumentation
 */
export { archiveFolder } from './archive/archive-folder.js';
export { readZipArchive, type ZipLimits } from './archive/read-archive.js';
export { zipArchive, type ArchiveEntry } from './archive/zip-archive.js';
export { blobSource, browserReadError, isMissing, type BlobLike } from './bytes/blob-source.js';
export { memorySource, type ByteSource, type OpenFile } from './bytes/byte-source.js';
export { crcOf } from './bytes/crc.js';
export { bytesOf, chunksOf, counted, formatJson, type FileContent } from './bytes/file-content.js';
export { isJsonObject, listOf, objectOf, type JsonObject } from './folder/json-value.js';
export {
  parseJsonObject,
  readBytes,
  readJson,
  readJsonObject,
  readText,
  withFile,
  type ReadOptions,
} from './folder/read-file.js';
export { hashing, hashPieces, hashSource, hashText } from './bytes/sha256.js';
export { droppedFolder } from './folder/dropped-folder.js';
export type { Folder, FolderLock, LogFile, WritableFolder } from './folder/folder.js';
export { memoryFolder } from './folder/memory-folder.js';
export { staysInside } from './folder/stays-inside.js';
export { parseTemporary, type TemporaryName } from './folder/temporary-name.js';
export { httpFile, type HttpFileOptions } from './http/http-file.js';
export { httpFolder } from './http/http-folder.js';
