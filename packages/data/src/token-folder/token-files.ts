import type { Dataset } from '@attune/core';
import type { Folder } from '@attune/files';
import { prefetch, tokenDataset, type TokenDatasetOptions } from '../datasets/index.js';
import type { Split } from '../tokens/index.js';
import { describeTokens, type TokenFolderOptions } from './describe-tokens.js';
import { openSplit } from './open-split.js';

export interface TokenFilesOptions extends Omit<TokenDatasetOptions, 'vocabSize'>, TokenFolderOptions {
  /** Default `train`. */
  readonly split?: Split;
  /** How many batches are read ahead while the device works. Default 2; 0 reads each when it is asked for. */
  readonly prefetch?: number;
}

/**
 * The dataset of a token folder: windows of its training or validation files, read while the device works. Ids are
 * checked against the vocabulary of `meta.json`, or of llm.c's header, or of `bare`. Wherever the folder lies, the windows of
 * a seed are the same.
 *
 * ```ts
 * const data = await tokenFiles(httpFolder('https://example.org/data/stories'), { batchSize: 12, blockSize: 64 });
 * ```
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, DATA_TOO_SHORT, INVALID_ARGUMENT.
 */
export async function tokenFiles(folder: Folder, options: TokenFilesOptions): Promise<Dataset> {
  const { split = 'train', prefetch: depth = 2, bare, ...datasetOptions } = options;
  const { meta } = await describeTokens(folder, { bare });
  const source = await openSplit(folder, meta, split);
  try {
    const dataset = tokenDataset(source, { ...datasetOptions, vocabSize: meta.vocabSize });
    return depth === 0 ? dataset : prefetch(dataset, depth);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}
