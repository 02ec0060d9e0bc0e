/**
 * Token files in a browser: on servers, among the user's files, and in the browser's private file system.
 *
 * @packageDocumentation
 */
import {
  fingerprinted,
  tokensOf,
  type TokenBytes,
  type TokenDType,
  type TokenSource,
} from '../tokens/index.js';

export type { Split, TokenBytes } from '../tokens/index.js';
export { openTokenFolder, tokenFiles, type TokenFilesOptions, type TokenFolder } from './token-folder.js';

/**
 * The tokens of a single file, as `openTokenFile` of `@attune/data/node` reads them from a disk.
 *
 * @param dtype of the tokens; may be left out where llm.c's header says it.
 * @throws AttuneError FILE_EMPTY, FILE_CORRUPT, INVALID_ARGUMENT.
 */
export async function openTokenFile(file: TokenBytes, dtype?: TokenDType): Promise<TokenSource> {
  return fingerprinted(await tokensOf(file, dtype));
}
