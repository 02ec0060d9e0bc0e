import { prepareText, type TokenizerName, type TokenMeta } from '../prepare/index.js';
import type { Tokenizer } from '../tokenizers/index.js';
import { openTokenizer } from './open-tokenizer.js';
import { readTexts } from './read-text.js';
import { writeTokenFolder } from './write-token-folder.js';

/** How far `prepare` has come. */
export interface PrepareProgress {
  readonly phase: 'read' | 'tokenize' | 'write';
  /** Files read; 0 or 1 in the other phases. */
  readonly done: number;
  readonly total: number;
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
  readonly onProgress?: (progress: PrepareProgress) => void;
}

export interface PrepareResult {
  readonly meta: TokenMeta;
  readonly tokenizer: Tokenizer;
}

/**
 * Turns text files into a token folder: `train.bin`, `val.bin`, `meta.json`. The text is split before it is encoded, so
 * that for one file and `char` the bytes are those of nanoGPT's `prepare.py`. The whole text is held in memory.
 *
 * @throws AttuneError those of {@link readTexts}, {@link openTokenizer}, {@link prepareText} and
 * {@link writeTokenFolder}. Nothing is written unless all is well.
 */
export async function prepare(options: PrepareOptions): Promise<PrepareResult> {
  const { files, out, valFraction, onProgress } = options;
  const total = files.length;
  const tokenizer = isName(options.tokenizer) ? options.tokenizer : await openTokenizer(options.tokenizer);
  onProgress?.({ phase: 'read', done: 0, total });
  const text = await readTexts(files, (done) => onProgress?.({ phase: 'read', done, total }));
  onProgress?.({ phase: 'tokenize', done: 0, total: 1 });
  const prepared = await prepareText(text, { tokenizer, valFraction });
  onProgress?.({ phase: 'tokenize', done: 1, total: 1 });
  onProgress?.({ phase: 'write', done: 0, total: 1 });
  const meta = await writeTokenFolder(out, prepared);
  onProgress?.({ phase: 'write', done: 1, total: 1 });
  return { meta, tokenizer: prepared.tokenizer };
}

function isName(tokenizer: string): tokenizer is TokenizerName {
  return tokenizer === 'char' || tokenizer === 'bytes' || tokenizer === 'gpt2';
}
