import { AttuneError, isAttuneError, messageOf, parseJson, type Dataset } from '@attune/core';
import { prefetch, tokenDataset, type TokenDatasetOptions } from '../datasets/index.js';
import { META_JSON, parseTokenMeta, TRAIN_BIN, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.js';
import { joinSplit, tokensOf, type ByteFile, type Split, type TokenSource } from '../tokens/index.js';
import { blobFile, handleFile } from './browser-files.js';
import type { BlobLike, DirectoryHandle } from './file-system.js';
import { httpFile, type HttpFileOptions } from './http-file.js';

/** The files of a token folder, wherever they lie. */
export interface TokenFolderFiles {
  /** For messages. */
  readonly name: string;
  /** @throws AttuneError FILE_NOT_FOUND. */
  open(file: string): Promise<ByteFile>;
}

/** A token folder on a server. @param url of the folder. */
export function httpFolder(url: string, options: HttpFileOptions = {}): TokenFolderFiles {
  const base = url.endsWith('/') ? url : `${url}/`;
  return { name: url, open: (file) => httpFile(base + file, options) };
}

/** A token folder in the browser's private file system (OPFS), or one that the user has opened. */
export function directoryFolder(directory: DirectoryHandle): TokenFolderFiles {
  const { name } = directory;
  return {
    name,
    async open(file) {
      const path = `${name}/${file}`;
      const handle = await directory.getFileHandle(file).catch((error: unknown) => {
        throw (error as { readonly name?: string } | null)?.name === 'NotFoundError'
          ? missing(path)
          : unreadable(path, error);
      });
      return handleFile(handle, path);
    },
  };
}

/** The files of a token folder that the user has chosen or dropped. */
export function droppedFolder(files: Iterable<BlobLike & { readonly name: string }>): TokenFolderFiles {
  const byName = new Map([...files].map((file) => [file.name, file]));
  return {
    name: 'the files chosen',
    async open(file) {
      const blob = byName.get(file);
      if (!blob) throw missing(file);
      return blobFile(blob, file);
    },
  };
}

const missing = (path: string) =>
  new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, {
    fix: 'Make token files with `attune prepare`, or prepare a text in the page.',
  });

const unreadable = (path: string, cause: unknown) =>
  new AttuneError('FILE_READ', `${path} cannot be read: ${messageOf(cause)}.`, { cause });

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

async function readJson(files: TokenFolderFiles, file: string): Promise<unknown> {
  const source = await files.open(file);
  try {
    return parseJson(new TextDecoder().decode(await source.read(0, source.size)));
  } catch (cause) {
    if (isAttuneError(cause)) throw cause;
    throw new AttuneError('FILE_CORRUPT', `${source.name} is not valid JSON: ${messageOf(cause)}.`, {
      cause,
    });
  } finally {
    await source.close?.();
  }
}

/** Opens the files of a split. Which they are, `meta.json` says; else it is one. */
function openSplit(files: TokenFolderFiles, meta: TokenMeta, split: Split): Promise<TokenSource> {
  const names = meta.shards?.[split] ?? [split === 'train' ? TRAIN_BIN : VAL_BIN];
  return joinSplit(
    {
      names,
      pathOf: (name) => `${files.name}/${name}`,
      open: async (name) => tokensOf(await files.open(name), meta.dtype),
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
export async function openTokenFolder(files: TokenFolderFiles): Promise<TokenFolder> {
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
export async function tokenFiles(files: TokenFolderFiles, options: TokenFilesOptions): Promise<Dataset> {
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
