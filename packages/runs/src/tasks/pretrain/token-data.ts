import { AttuneError, type Batch, type Dataset } from '@attune/core';
import {
  openTokenFolder,
  prefetch,
  tokenDataset,
  tokenDType,
  type TokenContents,
  type Tokenizer,
} from '@attune/data';
import type { Folder } from '@attune/files';
import type { OpenModel } from '../../models/model/opened-model.js';
import { checkSameCharacters } from '../../models/text/same-characters.js';
import type { DataHashes } from '../../record/run-record.js';
import type { TrainingConfig } from './fields.js';

/** nanoGPT's, for token files that say nothing: GPT-2's 50,257, rounded up to a multiple of 64. */
const BARE_VOCAB_SIZE = 50_304;

/**
 * The assumed contents of token files that have no description: ids of a vocabulary, as wide as `attune prepare`
 * writes them.
 */
export function bareTokens(vocabSize: number): TokenContents {
  return { dtype: tokenDType(vocabSize), vocabSize };
}

/** The data of a run. */
export interface TrainingData {
  /** The vocabulary size of the model: at least the data's. */
  readonly vocabSize: number;
  /** An assumption about the folder, for the user. */
  readonly note?: string;
  /** `null` where the folder does not say how its tokens came about: then there are no samples. */
  readonly tokenizer: Tokenizer | null;
  readonly trainTokens: number;
  readonly hashes: DataHashes;
  /** The SHA-256 of the files, where their folder states it. */
  readonly sha256?: Readonly<Record<string, string>>;
  readonly train: Dataset;
  /** The batch that `train` begins with. Moves nothing. */
  firstBatch(): Promise<Batch>;
  /** `null` where the folder has none. */
  readonly val: Dataset | null;
  close(): Promise<void>;
}

/**
 * Opens a token folder for training.
 *
 * @param source a model that is there already.
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, DATA_TOO_SHORT; TOKEN_OUT_OF_RANGE if the model has
 * fewer tokens than the data; CHECKPOINT_MISMATCH if it reads other characters; INVALID_CONFIG if the vocabulary that is
 * asked for is smaller than the data's, or early stopping is asked for without validation data.
 */
export async function openTrainingData(
  place: Folder,
  { vocabSize: asked, batchSize, blockSize, sampling, seed, patience }: TrainingConfig,
  source?: OpenModel,
): Promise<TrainingData> {
  const path = place.name;
  const folder = await openTokenFolder(place, { bare: bareTokens(asked ?? BARE_VOCAB_SIZE) });
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
    if (asked !== undefined && asked < vocabSize) {
      throw new AttuneError(
        'INVALID_CONFIG',
        `--vocab-size is ${asked}, but ${path} has a vocabulary of ${vocabSize} tokens.`,
        { fix: `Use at least ${vocabSize}, or leave it out.` },
      );
    }
    if (patience !== undefined && !folder.val) {
      throw new AttuneError(
        'INVALID_CONFIG',
        `--patience is ${patience}, but ${path} has no validation data.`,
        {
          fix: 'Leave out --patience, or make the data with `attune prepare --val-fraction 0.1`.',
        },
      );
    }
    if (source) checkSameCharacters(source.tokenizer, folder.tokenizer, source.path, path);
    const sizes = { batchSize, blockSize, seed, vocabSize };
    const windows = tokenDataset(folder.train, { ...sizes, sampling });
    const train = prefetch(windows);
    const val = folder.val && tokenDataset(folder.val, sizes);
    return {
      vocabSize: asked ?? vocabSize,
      ...(!folder.described && {
        note: `${path} has no meta.json: read as ${folder.meta.dtype} tokens of a vocabulary of ${vocabSize}`,
      }),
      tokenizer: folder.tokenizer,
      trainTokens: folder.train.length,
      hashes: { train: folder.train.fingerprint, val: folder.val?.fingerprint ?? null },
      sha256: folder.meta.sha256,
      train,
      firstBatch: () => windows.batch(0),
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
