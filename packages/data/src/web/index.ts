/**
 * Token files in a browser: on servers, among the user's files, and in the browser's private file system.
 *
 * @packageDocumentation
 */
import {
  fingerprinted,
  tokensOf,
  type ByteFile,
  type TokenDType,
  type TokenSource,
} from '../tokens/index.js';

export type { ByteFile, Split } from '../tokens/index.js';
export { accessHandleFile, blobFile, handleFile } from './browser-files.js';
export type { BlobLike, DirectoryHandle, FileHandle, SyncAccessFile } from './file-system.js';
export { httpFile, type HttpFileOptions } from './http-file.js';
export {
  directoryFolder,
  droppedFolder,
  httpFolder,
  openTokenFolder,
  tokenFiles,
  type TokenFilesOptions,
  type TokenFolder,
  type TokenFolderFiles,
} from './token-folder.js';

/**
 * The tokens of a single file, as `openTokenFile` of `@attune/data/node` reads them from a disk.
 *
 * @param dtype of the tokens; may be left out where llm.c's header says it.
 * @throws AttuneError FILE_EMPTY, FILE_CORRUPT, INVALID_ARGUMENT.
 */
export async function openTokenFile(file: ByteFile, dtype?: TokenDType): Promise<TokenSource> {
  return fingerprinted(await tokensOf(file, dtype));
}
