import type { Dataset } from '@attune/core';
import { prefetch, tokenDataset, type TokenDatasetOptions } from '../datasets/index.js';
import type { Split } from '../tokens/index.js';
import { describeTokens, openSplit, type TokenFolderOptions } from './token-folder.js';

export interface TokenFilesOptions extends Omit<TokenDatasetOptions, 'vocabSize'>, TokenFolderOptions {
  /** Default `train`. */
  readonly split?: Split;
  /** How many batches are read ahead while the device works. Default 2; 0 reads each when it is asked for. */
  readonly prefetch?: number;
}

/**
 * The dataset of a token folder: windows of its training or validation files, read while the device works. Ids are
 * checked against the vocabulary of `meta.json`, or of llm.c's header, or of `bare`.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, DATA_TOO_SHORT, INVALID_ARGUMENT.
 */
export async function tokenFiles(folder: string, options: TokenFilesOptions): Promise<Dataset> {
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
