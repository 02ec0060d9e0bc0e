import type { Dataset } from '@attune/core';
import { diskFolder, openFile } from '@attune/files/node';
import * as folders from '../token-folder/index.js';
import * as tokens from '../tokens/index.js';

// The functions of `@attune/data` for paths.

/** The tokens of a file on disk. @throws AttuneError FILE_NOT_FOUND, FILE_READ; as `openTokenFile` of `@attune/data`. */
export async function openTokenFile(path: string, dtype?: tokens.TokenDType): Promise<tokens.TokenSource> {
  const fix = 'Make token files with `attune prepare`, or check the path.';
  return tokens.openTokenFile(await openFile(path, fix), dtype);
}

/** Opens a token folder on disk. @throws AttuneError as `openTokenFolder` of `@attune/data`. */
export function openTokenFolder(
  path: string,
  options?: folders.TokenFolderOptions,
): Promise<folders.TokenFolder> {
  return folders.openTokenFolder(diskFolder(path, 'Check the path.'), options);
}

/** The dataset of a token folder on disk. @throws AttuneError as `tokenFiles` of `@attune/data`. */
export function tokenFiles(path: string, options: folders.TokenFilesOptions): Promise<Dataset> {
  return folders.tokenFiles(diskFolder(path, 'Check the path.'), options);
}
