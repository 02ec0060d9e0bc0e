import type { TokenizerName, TokenMeta } from '../prepare/index.js';
import type { Tokenizer } from '../tokenizers/index.js';
import { prepareFiles } from './prepare-files.js';

/** How far `prepare` has come. The text is read twice: to count its characters, and to encode it. */
export interface PrepareProgress {
  readonly phase: 'count' | 'encode';
  /** Bytes of text. */
  readonly done: number;
  /** Bytes of text. */
  readonly total: number;
  /** Written so far. */
  readonly tokens: number;
}

export interface PrepareOptions {
  /** Text files, UTF-8, joined in this order. */
  readonly files: readonly string[];
  /** A name, or the path of a `tokenizer.json` or of the folder it lies in. */
  readonly tokenizer: TokenizerName | (string & {});
  /** The folder to write. Made if it does not exist. */
  readonly out: string;
  /** Share of the characters that is kept for validation, from the end of the text. Default 0.1. */
  readonly valFraction?: number;
  /**
   * Threads that encode, for `gpt2` and a `tokenizer.json`; with 0, the calling thread does. Default: one a core, but 0
   * below 8 MiB of text. `char` and `bytes` take no longer than reading and writing, and use none.
   */
  readonly workers?: number;
  /** Called about once per MiB. */
  readonly onProgress?: (progress: PrepareProgress) => void;
}

export interface PrepareResult {
  readonly meta: TokenMeta;
  readonly tokenizer: Tokenizer;
}

/**
 * Turns text files into a token folder: `train.bin`, `val.bin`, `meta.json`. The text is split before it is encoded, so
 * that for one file and `char` the bytes are those of nanoGPT's `prepare.py`.
 *
 * Text and tokens pass through memory in pieces of about a MiB, and are the same as those of `prepareText`: pieces
 * end where the tokenizer splits anyway. For a `tokenizer.json` of which that cannot be told (see `bordersOf`),
 * each part of the text is one piece.
 *
 * A folder with a `meta.json` is whole. If `prepare` is killed, what was in the folder before is still there, or has lost
 * its `meta.json`; started again it begins from the start, and removes what was left behind.
 *
 * @throws AttuneError INVALID_ARGUMENT; FILE_NOT_FOUND; FILE_EMPTY; FILE_CORRUPT if a file is no UTF-8, or changes
 * meanwhile; DATA_TOO_SHORT if a part would be empty; FILE_WRITE; those of {@link openTokenizer}. Then nothing is written.
 */
export async function prepare(options: PrepareOptions): Promise<PrepareResult> {
  return prepareFiles(options);
}
