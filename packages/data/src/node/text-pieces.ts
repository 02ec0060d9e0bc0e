import { AttuneError } from '@attune/core';
import { countCharacters, unitsOf } from '../prepare/split-text.js';
import type { TextCutter } from '../prepare/text-cutter.js';
import type { Encoder } from './encoder.js';
import type { TextChunk } from './read-text.js';
import type { Split } from '../tokens/index.js';

/** A piece of text that is encoded alone. */
export interface TextPiece extends TextChunk {
  readonly split: Split;
}

/**
 * Cuts a text into pieces, none of which spans both splits.
 *
 * @param inTrain how many characters are for training.
 * @param characters how many there are.
 * @throws AttuneError FILE_CORRUPT if there are more or fewer; those of `chunks` and of `cutter`.
 */
export async function* cutPieces(
  chunks: AsyncIterable<TextChunk>,
  cutter: TextCutter,
  inTrain: number,
  characters: number,
): AsyncGenerator<TextPiece, void, undefined> {
  let split: Split = 'train';
  let seen = 0;
  let bytesRead = 0;
  const tagged = (pieces: readonly string[]) => pieces.map((text) => ({ split, text, bytesRead }));
  for await (const chunk of chunks) {
    bytesRead = chunk.bytesRead;
    let { text } = chunk;
    const count = countCharacters(text);
    if (split === 'train' && seen + count >= inTrain) {
      const units = unitsOf(text, inTrain - seen);
      yield* tagged(cutter.push(text.slice(0, units)));
      yield* tagged(cutter.end());
      split = 'val';
      text = text.slice(units);
    }
    yield* tagged(cutter.push(text));
    seen += count;
  }
  if (seen !== characters) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `The text had ${characters} characters when they were counted, and ${seen} when they were encoded.`,
      { fix: 'Do not write to the files while they are prepared; start again.' },
    );
  }
  yield* tagged(cutter.end());
}

/** A piece as ids. */
export interface EncodedPiece {
  readonly split: Split;
  readonly ids: Uint16Array | Uint32Array;
  readonly bytesRead: number;
}

/** Encodes pieces, as many at once as the encoder takes, and yields them in their order. */
export async function* encodeInOrder(
  pieces: AsyncIterable<TextPiece>,
  encoder: Encoder,
): AsyncGenerator<EncodedPiece, void, undefined> {
  const underWay: Promise<EncodedPiece>[] = [];
  for await (const { split, text, bytesRead } of pieces) {
    const encoding = encoder.encode(text).then((ids) => ({ split, ids, bytesRead }));
    // Its error is met when its turn comes, or not at all if an earlier one has ended the work.
    encoding.catch(() => undefined);
    underWay.push(encoding);
    if (underWay.length >= encoder.depth) yield await underWay.shift()!;
  }
  for (const encoding of underWay) yield await encoding;
}
