import { BpeTrainer, type BpeOptions } from '../tokenizers/bpe/bpe-trainer.js';
import { byteTokenizer, charTokenizer, gpt2Tokenizer, type Tokenizer } from '../tokenizers/index.js';
import { tokenDType, type TokenDType } from '../tokens/index.js';
import { splitText } from './split-text.js';
import type { TokenMeta } from './token-meta.js';

/** Tokenizers that need no file: `char` and `bpe` are made from the text. */
export const tokenizerNames = ['char', 'bpe', 'bytes', 'gpt2'] as const;

/** One of {@link tokenizerNames}. */
export type TokenizerName = (typeof tokenizerNames)[number];

export interface PrepareTextOptions {
  /** `char` and `bpe` take their vocabulary from the text, validation part included. */
  readonly tokenizer: TokenizerName | Tokenizer;
  /** How the vocabulary of `bpe` is trained. */
  readonly bpe?: BpeOptions;
  /** Share of the characters, at the end of the text, that is kept for validation. In [0, 1), default 0.1. */
  readonly valFraction?: number;
}

/** A text as token ids. */
export interface PreparedText {
  readonly tokenizer: Tokenizer;
  readonly train: Uint16Array | Uint32Array;
  readonly val: Uint16Array | Uint32Array;
  readonly meta: TokenMeta;
}

/**
 * Splits a text into a training and a validation part, then encodes each: in this order, so that no token spans both.
 *
 * @throws AttuneError INVALID_ARGUMENT; DATA_TOO_SHORT if a part would be empty.
 */
export async function prepareText(text: string, options: PrepareTextOptions): Promise<PreparedText> {
  const { valFraction = 0.1 } = options;
  const [trainText, valText] = splitText(text, valFraction);
  const tokenizer = await tokenizerFor(options, text);
  const dtype = tokenDType(tokenizer.vocabSize);
  const train = idsAs(dtype, tokenizer.encode(trainText));
  const val = idsAs(dtype, tokenizer.encode(valText));
  return {
    tokenizer,
    train,
    val,
    meta: {
      format: 1,
      tokenizer: tokenizer.toJSON(),
      dtype,
      vocabSize: tokenizer.vocabSize,
      trainTokens: train.length,
      valTokens: val.length,
    },
  };
}

async function tokenizerFor({ tokenizer, bpe }: PrepareTextOptions, text: string): Promise<Tokenizer> {
  switch (tokenizer) {
    case 'char':
      return charTokenizer(text);
    case 'bpe': {
      const trainer = new BpeTrainer(bpe);
      trainer.add(text);
      return trainer.train();
    }
    case 'bytes':
      return byteTokenizer();
    case 'gpt2':
      return gpt2Tokenizer();
    default:
      return tokenizer;
  }
}

/** Ids as they are stored. */
export function idsAs(dtype: TokenDType, ids: Int32Array | readonly number[]): Uint16Array | Uint32Array {
  return dtype === 'uint16' ? new Uint16Array(ids) : new Uint32Array(ids);
}
