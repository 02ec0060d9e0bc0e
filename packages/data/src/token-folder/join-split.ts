import { AttuneError } from '@attune/core';
import { META_JSON, TRAIN_BIN, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';
import { fingerprinted } from './fingerprinted.js';
import { joinedTokens } from './joined-tokens.js';
import type { OpenTokens } from './token-bytes.js';
import type { TokenSource } from './token-source.js';

/** A part of a token folder. */
export type Split = 'train' | 'val';

/** How the files of a folder are found and opened. */
export interface SplitFiles {
  /**
   * The names of the split's files, in their order. Where there is none, the usual one, whose absence is then the
   * error.
   */
  readonly names: readonly string[];
  open(name: string): Promise<OpenTokens>;
  /** For messages. */
  pathOf(name: string): string;
}

/**
 * Opens the files of a split as one source, and checks them against `meta.json`.
 *
 * @throws AttuneError FILE_CORRUPT if there are not as many tokens as it says; what `open` throws.
 */
export async function joinSplit(files: SplitFiles, meta: TokenMeta, split: Split): Promise<TokenSource> {
  const [whole, count] = split === 'train' ? [TRAIN_BIN, meta.trainTokens] : [VAL_BIN, meta.valTokens];
  const names = files.names.length > 0 ? files.names : [whole];
  const parts: OpenTokens[] = [];
  try {
    for (const name of names) parts.push(await files.open(name));
    const tokens =
      parts.length === 1 ? parts[0]! : joinedTokens(files.pathOf(`${names[0]} … ${names.at(-1)}`), parts);
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
