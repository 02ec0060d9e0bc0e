import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, isAttuneError, systemCode } from '@attune/core';
import { META_JSON, parseTokenMeta, type TokenMeta } from '../prepare/token-meta.js';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.js';
import { joinSplit, type Split, type TokenHeader, type TokenSource } from '../tokens/index.js';
import { openTokens } from './open-token-file.js';
import { readJson } from './read-json.js';
import { splitFiles } from './token-shards.js';

/** What token files hold. */
export type TokenContents = Pick<TokenMeta, 'dtype' | 'vocabSize'>;

export interface TokenFolderOptions {
  /**
   * What the files hold where neither a `meta.json` nor a header says so, as beside nanoGPT's. Without it, such a folder
   * is refused.
   */
  readonly bare?: TokenContents;
}

/** A folder as `prepare` writes it, or as the scripts of llm.c and nanoGPT do, opened. */
export interface TokenFolder {
  readonly meta: TokenMeta;
  /** Whether the folder says itself what its files hold; if not, `meta` has what was given as `bare`. */
  readonly described: boolean;
  readonly train: TokenSource;
  /** `null` if the folder was prepared without validation data. */
  readonly val: TokenSource | null;
  /** `null` if the folder does not say how its tokens came about. */
  readonly tokenizer: Tokenizer | null;
  /** Closes all files. */
  close(): Promise<void>;
}

/**
 * Opens the files of a token folder, and the tokenizer they were made with.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function openTokenFolder(
  folder: string,
  options: TokenFolderOptions = {},
): Promise<TokenFolder> {
  const { meta, described } = await describeTokens(folder, options);
  const tokenizer = meta.tokenizer
    ? await createTokenizer(meta.tokenizer, (name) => readJson(join(folder, name), PREPARE_AGAIN))
    : null;
  const train = await openSplit(folder, meta, 'train');
  try {
    const withoutVal = meta.valTokens === 0 || meta.shards?.val.length === 0;
    const val = withoutVal ? null : await openSplit(folder, meta, 'val');
    return {
      meta,
      described,
      train,
      val,
      tokenizer,
      async close() {
        await Promise.all([train.close?.(), val?.close?.()]);
      },
    };
  } catch (error) {
    await train.close?.();
    throw error;
  }
}

/**
 * Reads and checks `meta.json`. Where there is none, the header of llm.c's files says as much: their tokenizer is GPT-2's,
 * or that of Llama 3, which does not come with attune. Files without either hold what `bare` says.
 */
export async function describeTokens(
  folder: string,
  { bare }: TokenFolderOptions,
): Promise<Pick<TokenFolder, 'meta' | 'described'>> {
  const path = join(folder, META_JSON);
  const fix =
    'Make the folder with `attune prepare`; beside token files made elsewhere, put a meta.json such as ' +
    '{"dtype": "uint16", "vocabSize": 50257, "tokenizer": null}.';
  try {
    return { meta: parseTokenMeta(await readJson(path, fix), path), described: true };
  } catch (error) {
    const missing = isAttuneError(error, 'FILE_NOT_FOUND') && systemCode(error.cause) === 'ENOENT';
    const found = missing ? await describeFiles(folder, bare) : null;
    if (found) return found;
    if (isAttuneError(error) && systemCode(error.cause) === 'ENOTDIR') {
      throw new AttuneError('FILE_NOT_FOUND', `${folder} is a file, not a folder of token files.`, {
        fix: `Make one of it, if it is a text: attune prepare ${folder} --out DIR.`,
        cause: error.cause,
      });
    }
    throw error;
  }
}

async function describeFiles(
  folder: string,
  bare: TokenContents | undefined,
): Promise<Pick<TokenFolder, 'meta' | 'described'> | null> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return null;
  const [first] = await splitFiles(folder, 'train');
  if (first === undefined) return null;
  const header = await headerOf(join(folder, first));
  const contents = header ?? bare;
  if (!contents) return null;
  const { dtype, vocabSize } = contents;
  const meta: TokenMeta = {
    format: 1,
    tokenizer: header?.name === 'GPT-2' ? { kind: 'gpt2' } : null,
    dtype,
    vocabSize,
    ...((await splitFiles(folder, 'val')).length > 0 ? {} : { valTokens: 0 }),
  };
  return { meta, described: header !== null };
}

async function headerOf(path: string): Promise<TokenHeader | null> {
  try {
    const tokens = await openTokens(path);
    await tokens.close?.();
    return tokens.header;
  } catch (error) {
    // Neither header nor dtype.
    if (isAttuneError(error, 'INVALID_ARGUMENT')) return null;
    throw error;
  }
}

/**
 * Opens the files of a split as one source, and checks them against `meta.json`.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function openSplit(folder: string, meta: TokenMeta, split: Split): Promise<TokenSource> {
  const names = await splitFiles(folder, split, meta);
  return joinSplit(
    {
      names,
      pathOf: (name) => join(folder, name),
      open: (name) => openTokens(join(folder, name), meta.dtype),
    },
    meta,
    split,
  );
}

const PREPARE_AGAIN = 'Make the folder again with `attune prepare`.';
