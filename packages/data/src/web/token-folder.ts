import { AttuneError, isAttuneError, messageOf, parseJson, type Dataset } from '@attune/core';
import type { Folder } from '@attune/files';
import { prefetch, tokenDataset, type TokenDatasetOptions } from '../datasets/index.js';
import { META_JSON, parseTokenMeta, TRAIN_BIN, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.js';
import { joinSplit, tokensOf, type Split, type TokenSource } from '../tokens/index.js';

/** A token folder, opened. */
export interface TokenFolder {
  readonly meta: TokenMeta;
  readonly train: TokenSource;
  /** `null` if the folder was prepared without validation data. */
  readonly val: TokenSource | null;
  /** `null` if the folder does not say how its tokens came about. */
  readonly tokenizer: Tokenizer | null;
  close(): Promise<void>;
}

const MAKE_FILES = 'Make token files with `attune prepare`, or prepare a text in the page.';

async function readJson(files: Folder, file: string): Promise<unknown> {
  const source = await files.open(file, MAKE_FILES);
  try {
    return parseJson(new TextDecoder().decode(await source.read(0, source.size)));
  } catch (cause) {
    if (isAttuneError(cause)) throw cause;
    throw new AttuneError('FILE_CORRUPT', `${source.name} is not valid JSON: ${messageOf(cause)}.`, {
      cause,
    });
  } finally {
    await source.close();
  }
}

/** Opens the files of a split. Which they are, `meta.json` says; else it is one. */
function openSplit(files: Folder, meta: TokenMeta, split: Split): Promise<TokenSource> {
  const names = meta.shards?.[split] ?? [split === 'train' ? TRAIN_BIN : VAL_BIN];
  return joinSplit(
    {
      names,
      pathOf: (name) => `${files.name}/${name}`,
      open: async (name) => tokensOf(await files.open(name, MAKE_FILES), meta.dtype),
    },
    meta,
    split,
  );
}

/**
 * Opens a token folder, as `attune prepare` writes it: `meta.json`, the files it speaks of, and the tokenizer they were
 * made with.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function openTokenFolder(files: Folder): Promise<TokenFolder> {
  const meta = parseTokenMeta(await readJson(files, META_JSON), `${files.name}/${META_JSON}`);
  const tokenizer = meta.tokenizer
    ? await createTokenizer(meta.tokenizer, (file) => readJson(files, file))
    : null;
  const train = await openSplit(files, meta, 'train');
  try {
    const withoutVal = meta.valTokens === 0 || meta.shards?.val.length === 0;
    const val = withoutVal ? null : await openSplit(files, meta, 'val');
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

export interface TokenFilesOptions extends Omit<TokenDatasetOptions, 'vocabSize'> {
  /** Default `train`. */
  readonly split?: Split;
  /** How many batches are read ahead while the device works. Default 2; 0 reads each when it is asked for. */
  readonly prefetch?: number;
}

/**
 * The dataset of a token folder: the same windows, for the same seed, as `tokenFiles` of `@attune/data/node` reads from
 * the same files on disk.
 *
 * ```ts
 * const data = await tokenFiles(httpFolder('https://example.org/data/stories'), { batchSize: 12, blockSize: 64 });
 * ```
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, DATA_TOO_SHORT, INVALID_ARGUMENT.
 */
export async function tokenFiles(files: Folder, options: TokenFilesOptions): Promise<Dataset> {
  const { split = 'train', prefetch: depth = 2, ...datasetOptions } = options;
  const meta = parseTokenMeta(await readJson(files, META_JSON), `${files.name}/${META_JSON}`);
  const source = await openSplit(files, meta, split);
  try {
    const dataset = tokenDataset(source, { ...datasetOptions, vocabSize: meta.vocabSize });
    return depth === 0 ? dataset : prefetch(dataset, depth);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}
