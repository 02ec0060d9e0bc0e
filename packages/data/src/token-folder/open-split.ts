import { AttuneError } from '@attune/core';
import type { Folder } from '@attune/files';
import { META_JSON, TRAIN_BIN, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';
import {
  fingerprinted,
  joinedTokens,
  openTokenBytes,
  type OpenTokens,
  type Split,
  type TokenDType,
  type TokenSource,
} from '../tokens/index.js';
import { splitFiles } from './split-files.js';

const MAKE_FILES = 'Make token files with `attune prepare`, or check the path.';

/** Opens a token file, without the fingerprint: it is read of all files of a source together. */
export async function openTokens(folder: Folder, file: string, dtype?: TokenDType): Promise<OpenTokens> {
  return openTokenBytes(await folder.open(file, MAKE_FILES), dtype);
}

/**
 * Opens the files of a split as one source, and checks them against `meta.json`.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY; FILE_CORRUPT, also if there are not as many tokens as it says.
 */
export async function openSplit(folder: Folder, meta: TokenMeta, split: Split): Promise<TokenSource> {
  const [whole, count] = split === 'train' ? [TRAIN_BIN, meta.trainTokens] : [VAL_BIN, meta.valTokens];
  const found = await splitFiles(folder, split, meta);
  // Where there is none, its usual one is asked for, whose absence then says so.
  const names = found.length > 0 ? found : [whole];
  const parts: OpenTokens[] = [];
  try {
    for (const name of names) parts.push(await openTokens(folder, name, meta.dtype));
    const tokens =
      parts.length === 1 ? parts[0]! : joinedTokens(`${folder.name}/${names[0]} … ${names.at(-1)}`, parts);
    if (count !== undefined && count !== tokens.length) {
      throw new AttuneError(
        'FILE_CORRUPT',
        `${tokens.name} has ${tokens.length} tokens, but ${META_JSON} says ${count}.`,
        { fix: 'Make the folder again with `attune prepare`.' },
      );
    }
    return await fingerprinted(tokens);
  } catch (error) {
    for (const part of parts) await part.close?.();
    throw error;
  }
}
