import { AttuneError, didYouMean } from '@attune/core';
import { isJsonObject } from '@attune/files';
import type { TokenizerDescription } from '../tokenizers/index.js';
import type { TokenDType } from '../tokens/token-source.js';

/** Ids are 32-bit integers with a sign wherever they are used. */
const MAX_VOCABULARY = 2 ** 31;

/** Names of the files of a token folder. */
export const TRAIN_BIN = 'train.bin';
export const VAL_BIN = 'val.bin';
export const META_JSON = 'meta.json';

/**
 * The contents of a token folder's `meta.json`. `{ "dtype", "vocabSize", "tokenizer": null }` is enough for token
 * files that were made elsewhere; then there is no text to show, and nothing to check the files against.
 */
export interface TokenMeta {
  /** The version of this document's format. */
  readonly format: 1;
  readonly tokenizer: TokenizerDescription | null;
  readonly dtype: TokenDType;
  /** Every id is below it. At least the tokenizer's, more where it was padded. */
  readonly vocabSize: number;
  /**
   * Names of the files of the folder that are read as one, where they are not `train.bin` and `val.bin`. Without it, files
   * named like `train_000.bin` or `fineweb_train_000001.bin` are found by their names.
   */
  readonly shards?: Readonly<Record<'train' | 'val', readonly string[]>>;
  /** Tokens to train on. */
  readonly trainTokens?: number;
  /** Tokens to validate. 0 if there is no such file. */
  readonly valTokens?: number;
  /** The SHA-256 of the files, hexadecimal. */
  readonly sha256?: Readonly<Record<'train.bin' | 'val.bin', string>>;
}

const KINDS = ['char', 'bytes', 'gpt2', 'huggingface'] as const;
const DTYPES: readonly TokenDType[] = ['uint16', 'uint32'];

/** The `meta.json` of a folder whose files are being put in place. If it stays, that was never finished. */
export const UNFINISHED_META = { format: 1, unfinished: true } as const;

/** True for the contents of a `meta.json` that a process left which was ended while it put files in place. */
export function isUnfinishedMeta(value: unknown): boolean {
  return isJsonObject(value) && value['unfinished'] === true;
}

/**
 * Checks the contents of a `meta.json`. Keys that are not known are left out.
 *
 * @param value the parsed document.
 * @param name its path, for messages.
 * @throws AttuneError FILE_CORRUPT, saying what is wrong with which key.
 */
export function parseTokenMeta(value: unknown, name: string = META_JSON): TokenMeta {
  const fail = (key: string, expected: string, got: unknown, fix?: string): never => {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name}: ${key} must be ${expected}, but is ${JSON.stringify(got) ?? 'missing'}.`,
      {
        fix:
          fix ??
          'Run prepare again; for token files made elsewhere, see the example in the documentation of TokenMeta.',
      },
    );
  };
  if (!isJsonObject(value)) return fail('the document', 'an object', value);
  if (isUnfinishedMeta(value)) {
    throw new AttuneError('FILE_CORRUPT', `${name}: the files of its folder were never all put in place.`, {
      fix: 'Run the same `attune prepare` again: the one that was ended is made up for.',
    });
  }

  const { format = 1, tokenizer = null, dtype, vocabSize, shards, trainTokens, valTokens, sha256 } = value;
  if (format !== 1) fail('format', '1', format, 'It was written by a later version: update attune.');
  if (!DTYPES.includes(dtype as TokenDType)) fail('dtype', '"uint16" or "uint32"', dtype);
  if (!isCount(vocabSize) || vocabSize === 0 || (vocabSize as number) > MAX_VOCABULARY)
    fail('vocabSize', 'a positive integer of at most 2³¹', vocabSize);
  if (shards !== undefined) {
    if (!isJsonObject(shards)) fail('shards', 'an object with the lists "train" and "val"', shards);
    for (const split of ['train', 'val']) {
      const names = (shards as Record<string, unknown>)[split];
      const some = Array.isArray(names) && names.every(isFileName) && (split === 'val' || names.length > 0);
      if (!some) fail(`shards.${split}`, 'a list of names of files of this folder', names);
    }
  }
  for (const [key, count] of Object.entries({ trainTokens, valTokens })) {
    if (count !== undefined && !isCount(count)) fail(key, 'a count of tokens', count);
  }
  if (sha256 !== undefined) {
    if (!isJsonObject(sha256)) fail('sha256', 'an object', sha256);
    for (const file of [TRAIN_BIN, VAL_BIN]) {
      const digest = (sha256 as Record<string, unknown>)[file];
      if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
        fail(`sha256["${file}"]`, '64 hexadecimal digits', digest);
      }
    }
  }

  const description = tokenizer === null ? null : parseTokenizer(tokenizer, fail);
  const own = description ? minimalVocabSize(description) : 0;
  if (own > (vocabSize as number)) fail('vocabSize', `at least ${own}, the size of its tokenizer`, vocabSize);

  return {
    format: 1,
    tokenizer: description,
    dtype: dtype as TokenDType,
    vocabSize: vocabSize as number,
    ...(shards === undefined ? {} : { shards: shards as TokenMeta['shards'] }),
    ...(trainTokens === undefined ? {} : { trainTokens: trainTokens as number }),
    ...(valTokens === undefined ? {} : { valTokens: valTokens as number }),
    ...(sha256 === undefined ? {} : { sha256: sha256 as TokenMeta['sha256'] }),
  };
}

type Fail = (key: string, expected: string, got: unknown, fix?: string) => never;

function parseTokenizer(value: unknown, fail: Fail): TokenizerDescription {
  if (!isJsonObject(value)) return fail('tokenizer', 'null or an object', value);
  const { kind, chars, files } = value;
  switch (kind) {
    case 'char':
      if (typeof chars !== 'string' || chars === '')
        return fail('tokenizer.chars', 'a string of all characters', chars);
      return { kind, chars };
    case 'bytes':
    case 'gpt2':
      return { kind };
    case 'huggingface': {
      if (!isJsonObject(files) || !isFileName(files['tokenizer'])) {
        return fail('tokenizer.files', 'an object that names a file as "tokenizer"', files);
      }
      const { tokenizer, config } = files;
      if (config === undefined) return { kind, files: { tokenizer } };
      if (!isFileName(config))
        return fail('tokenizer.files.config', 'the name of a file of this folder', config);
      return { kind, files: { tokenizer, config } };
    }
    default:
      return fail(
        'tokenizer.kind',
        `one of ${KINDS.join(', ')}`,
        kind,
        typeof kind === 'string' ? didYouMean(kind, KINDS) : undefined,
      );
  }
}

function minimalVocabSize(description: TokenizerDescription): number {
  switch (description.kind) {
    case 'char':
      return new Set(description.chars).size;
    case 'bytes':
      return 256;
    case 'gpt2':
      return 50257;
    case 'huggingface':
      return 0;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A name that stays within the folder. */
function isFileName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value !== '..' && !/[/\\]/.test(value);
}
