/**
 * Token files on disk, and making them from text of any size.
 *
 * @packageDocumentation
 */
export * from './examples/index.js';
export type { Split } from '../tokens/index.js';
export { mnistFiles } from './images/mnist-files.js';
export * from './chat/index.js';
export { openTokenizer } from './open-tokenizer.js';
export { prepare } from './prepare.js';
export { plannedTokenFiles } from './prepare-files.js';
export type { PrepareOptions, PrepareProgress, PrepareResult } from './prepare-options.js';
export { readTextChunks, type TextChunk } from './read-text.js';
export { openTokenFile, openTokenFolder, tokenFiles } from './token-folders.js';
export type {
  TokenContents,
  TokenFilesOptions,
  TokenFolder,
  TokenFolderOptions,
} from '../token-folder/index.js';
export { isUnfinishedTokenFolder } from './token-folder-writer.js';
export { writeTokenFolder } from './write-token-folder.js';
