import type { TokenizerName, TokenMeta } from '../prepare/index.js';
import type { BpeOptions } from '../tokenizers/bpe/bpe-trainer.js';
import type { Tokenizer } from '../tokenizers/index.js';

/**
 * How far `prepare` has come. The text is read twice: to count its characters (and the words for `bpe`), and to encode it.
 * In between, the vocabulary of `bpe` is trained.
 */
export interface PrepareProgress {
  readonly phase: 'count' | 'train' | 'encode';
  /** Bytes of text; while a vocabulary is trained, its tokens. */
  readonly done: number;
  /** Bytes of text; while a vocabulary is trained, how many tokens it is to have. */
  readonly total: number;
  /** Written so far. */
  readonly tokens: number;
}

export interface PrepareOptions {
  /** Text files, UTF-8, joined in this order. */
  readonly files: readonly string[];
  /** A name, or the path of a `tokenizer.json` or of the folder it lies in. */
  readonly tokenizer: TokenizerName | (string & {});
  /** How the vocabulary of `bpe` is trained. */
  readonly bpe?: BpeOptions;
  /** The folder to write. Made if it does not exist. */
  readonly out: string;
  /** Share of the characters that is kept for validation, from the end of the text. Default 0.1. */
  readonly valFraction?: number;
  /**
   * Threads that encode, for `bpe`, `gpt2` and a `tokenizer.json`; with 0, the calling thread does. Default: one a core, but 0
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
