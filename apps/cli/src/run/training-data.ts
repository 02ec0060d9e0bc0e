import { AttuneError, type Dataset } from '@attune/core';
import { prefetch, tokenDataset, type Tokenizer } from '@attune/data';
import { openTokenFolder } from '@attune/data/node';
import type { TrainingConfig } from '../config/training-fields.js';
import type { OpenModel } from './model-folder.js';
import { checkSameCharacters } from './tokenizer-folder.js';

/** What a run learns from. */
export interface TrainingData {
  readonly vocabSize: number;
  /** `null` where the folder does not say how its tokens came about: then there are no samples. */
  readonly tokenizer: Tokenizer | null;
  readonly trainTokens: number;
  readonly train: Dataset;
  /** `null` where the folder has none. */
  readonly val: Dataset | null;
  close(): Promise<void>;
}

/**
 * Opens a token folder for training.
 *
 * @param source a model that is there already.
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, DATA_TOO_SHORT; TOKEN_OUT_OF_RANGE if the model has
 * fewer tokens than the data; CHECKPOINT_MISMATCH if it reads other characters.
 */
export async function openTrainingData(
  path: string,
  { batchSize, blockSize, sampling, seed }: TrainingConfig,
  source?: OpenModel,
): Promise<TrainingData> {
  const folder = await openTokenFolder(path);
  try {
    const { vocabSize } = folder.meta;
    const modelVocabSize = source?.model.config.vocabSize ?? Infinity;
    if (vocabSize > modelVocabSize) {
      throw new AttuneError(
        'TOKEN_OUT_OF_RANGE',
        `${path} has a vocabulary of ${vocabSize} tokens, but the model one of ${modelVocabSize}.`,
        { fix: "Prepare the data with the model's tokenizer." },
      );
    }
    if (source) checkSameCharacters(source.tokenizer, folder.tokenizer, source.path, path);
    const sizes = { batchSize, blockSize, seed, vocabSize };
    const train = prefetch(tokenDataset(folder.train, { ...sizes, sampling }));
    const val = folder.val && tokenDataset(folder.val, sizes);
    return {
      vocabSize,
      tokenizer: folder.tokenizer,
      trainTokens: folder.train.length,
      train,
      val,
      async close() {
        await train.close?.();
        await folder.close();
      },
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
}
