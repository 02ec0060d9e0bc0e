import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { META_JSON, parseTokenMeta, TRAIN_BIN, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.js';
import type { TokenSource } from '../tokens/index.js';
import { openTokenFile } from './open-token-file.js';
import { readJson } from './read-json.js';

/** A part of a token folder. */
export type Split = 'train' | 'val';

/** A folder as `prepare` writes it, opened. */
export interface TokenFolder {
  readonly meta: TokenMeta;
  readonly train: TokenSource;
  /** `null` if the folder was prepared without validation data. */
  readonly val: TokenSource | null;
  /** `null` if the folder does not say how its tokens came about. */
  readonly tokenizer: Tokenizer | null;
  /** Closes both files. */
  close(): Promise<void>;
}

/**
 * Opens both files of a token folder, and the tokenizer they were made with.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function openTokenFolder(folder: string): Promise<TokenFolder> {
  const meta = await readTokenMeta(folder);
  const tokenizer = meta.tokenizer
    ? await createTokenizer(meta.tokenizer, (name) => readJson(join(folder, name), PREPARE_AGAIN))
    : null;
  const train = await openSplit(folder, meta, 'train');
  try {
    const val = meta.valTokens === 0 ? null : await openSplit(folder, meta, 'val');
    return {
      meta,
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

/** Reads and checks `meta.json`. */
export async function readTokenMeta(folder: string): Promise<TokenMeta> {
  const path = join(folder, META_JSON);
  const fix =
    'Make the folder with `attune prepare`; beside token files made elsewhere, put a meta.json such as ' +
    '{"dtype": "uint16", "vocabSize": 50257, "tokenizer": null}.';
  return parseTokenMeta(await readJson(path, fix), path);
}

/** Opens `train.bin` or `val.bin`, and checks it against `meta.json`. */
export async function openSplit(folder: string, meta: TokenMeta, split: Split): Promise<TokenSource> {
  const [file, tokens] = split === 'train' ? [TRAIN_BIN, meta.trainTokens] : [VAL_BIN, meta.valTokens];
  const source = await openTokenFile(join(folder, file), meta.dtype);
  if (tokens === undefined || tokens === source.length) return source;
  await source.close?.();
  throw new AttuneError(
    'FILE_CORRUPT',
    `${source.name} has ${source.length} tokens, but ${META_JSON} says ${tokens}.`,
    { fix: PREPARE_AGAIN },
  );
}

const PREPARE_AGAIN = 'Make the folder again with `attune prepare`.';
