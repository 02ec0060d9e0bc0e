import { constants } from 'node:buffer';
import { availableParallelism } from 'node:os';
import { AttuneError } from '@attune/core';
import { CharacterCensus } from '../prepare/census.js';
import { tokenizerNames, type TokenizerName } from '../prepare/index.js';
import { checkFraction, trainCharacters } from '../prepare/split-text.js';
import { textCutter } from '../prepare/text-cutter.js';
import { lastBorderBeforeWhiteSpace } from '../tokenizers/base/borders.js';
import { BpeTrainer } from '../tokenizers/bpe/bpe-trainer.js';
import { byteTokenizer, charTokenizer, gpt2Tokenizer, type Tokenizer } from '../tokenizers/index.js';
import { tokenDType } from '../tokens/index.js';
import { localEncoder, threadedEncoder, type Encoder, type StartWorker } from './encoder.js';
import { openTokenizer } from './open-tokenizer.js';
import type { PrepareOptions, PrepareProgress, PrepareResult } from './prepare-options.js';
import { readTextChunks, totalSize } from './read-text.js';
import { cutPieces, encodeInOrder } from './text-pieces.js';
import { createTokenFolder, refuseLink, tokenFolderFiles } from './token-folder-writer.js';

/** Sizes that tests make small. */
export interface PrepareInternals {
  readonly chunkBytes?: number;
  readonly pieceLength?: number;
  readonly startWorker?: StartWorker;
}

/** Below it, threads take longer to start than the text to encode. */
const THREADS_FROM_BYTES = 2 ** 23;

/** Opens what the options name, before a byte of the text is read. @throws AttuneError as {@link prepareFiles}. */
async function openPreparation({ files, tokenizer, bpe, valFraction = 0.1, workers }: PrepareOptions) {
  checkFraction(valFraction);
  checkWorkers(workers);
  const named = isName(tokenizer) ? tokenizer : await openTokenizer(tokenizer);
  const trainer = named === 'bpe' ? new BpeTrainer(bpe) : undefined;
  return { named, trainer, total: await totalSize(files) };
}

/**
 * The names of the files that `prepare` would write, without reading the text.
 *
 * @throws AttuneError as `prepare`, but for what the text alone tells.
 */
export async function plannedTokenFiles(options: PrepareOptions): Promise<readonly string[]> {
  const { named } = await openPreparation(options);
  await refuseLink(options.out);
  // A trained vocabulary has the files of any `tokenizer.json`.
  const own =
    typeof named === 'string' ? (named === 'bpe' ? TRAINED_FILES : []) : Object.keys(named.files ?? {});
  return tokenFolderFiles(own);
}

/** The files of a vocabulary that `bpe` trained. */
const TRAINED_FILES = ['tokenizer.json', 'tokenizer_config.json'];

/** {@link prepare}: counts, then encodes piece by piece. */
export async function prepareFiles(
  options: PrepareOptions,
  { chunkBytes = 2 ** 20, pieceLength = 2 ** 20, startWorker }: PrepareInternals = {},
): Promise<PrepareResult> {
  const { files, out, valFraction = 0.1, workers, onProgress } = options;
  const { named, trainer, total } = await openPreparation(options);
  const progress = (phase: PrepareProgress['phase'], done: number, tokens = 0) =>
    onProgress?.({ phase, done, total, tokens });

  progress('count', 0);
  const census = new CharacterCensus();
  const words = textCutter({
    pieceLength,
    maxLength: constants.MAX_STRING_LENGTH,
    lastBorder: lastBorderBeforeWhiteSpace,
  });
  for await (const { text, bytesRead } of readTextChunks(files, chunkBytes)) {
    census.add(text);
    if (trainer) for (const piece of words.push(text)) trainer.add(piece);
    progress('count', bytesRead);
  }
  for (const piece of words.end()) trainer?.add(piece);
  const inTrain = trainCharacters(census.characters, valFraction);
  const tokenizer = await tokenizerFor(named, { census, trainer, onProgress });
  const dtype = tokenDType(tokenizer.vocabSize);

  const threads = named === 'char' || named === 'bytes' ? 0 : (workers ?? threadsFor(total));
  const writer = await createTokenFolder(out);
  let encoder: Encoder | undefined;
  try {
    encoder =
      threads > 0 ? threadedEncoder(tokenizer, dtype, threads, startWorker) : localEncoder(tokenizer, dtype);
    const counts = { train: 0, val: 0 };
    progress('encode', 0);
    const cutter = textCutter({
      pieceLength,
      maxLength: constants.MAX_STRING_LENGTH,
      lastBorder: tokenizer.lastBorder?.bind(tokenizer),
    });
    const pieces = cutPieces(readTextChunks(files, chunkBytes), cutter, inTrain, census.characters);
    for await (const { split, ids, bytesRead } of encodeInOrder(pieces, encoder)) {
      await writer.append(split, ids);
      counts[split] += ids.length;
      progress('encode', bytesRead, counts.train + counts.val);
    }
    const meta = await writer.commit(
      {
        format: 1,
        tokenizer: tokenizer.toJSON(),
        dtype,
        vocabSize: tokenizer.vocabSize,
        trainTokens: counts.train,
        valTokens: counts.val,
      },
      tokenizer,
    );
    return { meta, tokenizer };
  } catch (error) {
    await writer.discard();
    throw error;
  } finally {
    await encoder?.close();
  }
}

/** The tokenizer that was named, made from the text that was read. */
async function tokenizerFor(
  named: TokenizerName | Tokenizer,
  {
    census,
    trainer,
    onProgress,
  }: {
    readonly census: CharacterCensus;
    readonly trainer: BpeTrainer | undefined;
    readonly onProgress: PrepareOptions['onProgress'];
  },
): Promise<Tokenizer> {
  switch (named) {
    case 'char':
      return charTokenizer(census.distinct);
    case 'bpe':
      return trainer!.train((done, total) => onProgress?.({ phase: 'train', done, total, tokens: 0 }));
    case 'bytes':
      return byteTokenizer();
    case 'gpt2':
      return gpt2Tokenizer();
    default:
      return named;
  }
}

function threadsFor(bytes: number): number {
  return bytes < THREADS_FROM_BYTES ? 0 : availableParallelism();
}

function checkWorkers(workers: number | undefined): void {
  if (workers === undefined || (Number.isSafeInteger(workers) && workers >= 0)) return;
  throw new AttuneError('INVALID_ARGUMENT', `workers must be a count of threads, but is ${workers}.`);
}

function isName(tokenizer: string): tokenizer is TokenizerName {
  return (tokenizerNames as readonly string[]).includes(tokenizer);
}
