import { readJson, type Folder } from '@attune/files';
import type { TokenMeta } from '../prepare/token-meta.js';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.js';
import { MAX_TOKENIZER_BYTES } from '../tokenizers/tokenizer-size.js';
import type { TokenSource } from '../tokens/index.js';
import { describeTokens, type TokenFolderOptions } from './describe-tokens.js';
import { openSplit } from './open-split.js';

const PREPARE_AGAIN = 'Make the folder again with `attune prepare`.';

/** A folder as `prepare` writes it, or as the scripts of llm.c and nanoGPT do, opened. */
export interface TokenFolder {
  readonly meta: TokenMeta;
  /** True if the folder says itself what its files hold; if not, `meta` has what was given as `bare`. */
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
 * Opens a token folder, as `attune prepare` or the scripts of llm.c and nanoGPT write it, wherever it lies: its files, and
 * the tokenizer they were made with.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function openTokenFolder(
  folder: Folder,
  options: TokenFolderOptions = {},
): Promise<TokenFolder> {
  const { meta, described } = await describeTokens(folder, options);
  const tokenizer = meta.tokenizer
    ? await createTokenizer(meta.tokenizer, (name) =>
        readJson(folder, name, { maxBytes: MAX_TOKENIZER_BYTES, fix: PREPARE_AGAIN }),
      )
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
