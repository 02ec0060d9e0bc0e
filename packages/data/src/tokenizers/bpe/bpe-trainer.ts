import { AttuneError } from '@attune/core';
import { hfTokenizer } from '../hugging-face/tokenizer.js';
import { bpeModel, specialToken, tokenizerDocument } from '../tokenizer-document.js';
import type { Tokenizer } from '../base/tokenizer.js';
import { byteCharacters } from '../base/byte-characters.js';
import { learnMerges } from './learn-merges.js';
import { PieceCounts, type PieceLimits } from './piece-counts.js';
import { WordTable } from './word-table.js';

/** The token that ends a document, as GPT-2 calls it. */
const END_OF_TEXT = '<|endoftext|>';

/** Ids are multiplied and looked up in tables. */
const MAX_VOCAB_SIZE = 2 ** 20;

/** How a byte-level BPE vocabulary is trained. */
export interface BpeOptions {
  /**
   * Tokens of the vocabulary: special tokens, the 256 bytes, then one for each merge. Fewer where the text has no more
   * pairs to merge. Default 8192.
   */
  readonly vocabSize?: number;
  /** How often a pair has to occur to be merged. Default 0: any pair that occurs. */
  readonly minFrequency?: number;
  /**
   * Tokens with a meaning of their own, which get the first ids. In a text that is encoded they are recognised. Default
   * `<|endoftext|>`, which, if it is among them, is the token that ends a text.
   */
  readonly specialTokens?: readonly string[];
}

/**
 * Trains a byte-level BPE vocabulary on text that arrives bit by bit.
 *
 * Vocabulary and merges are those that Hugging Face's tokenizers learn from the same text as one sequence, by a
 * `BpeTrainer` with the `ByteLevel` pre-tokenizer, without a prefix space, and its alphabet:
 *
 * ```python
 * tokenizer = Tokenizer(models.BPE())
 * tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
 * tokenizer.train_from_iterator([text], trainers.BpeTrainer(
 *     vocab_size=8192, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
 * ```
 */
export class BpeTrainer {
  private readonly options: Required<BpeOptions>;
  private readonly pieces: PieceCounts;

  /**
   * @param limits how much is kept of a text. Tests make it small.
   * @throws AttuneError INVALID_ARGUMENT.
   */
  constructor(options: BpeOptions = {}, limits?: PieceLimits) {
    this.options = checked(options);
    this.pieces = new PieceCounts(limits);
  }

  /**
   * Adds a text, or a part of one that ends before white space which follows something else.
   *
   * @throws AttuneError INVALID_ARGUMENT if the text has more distinct words than can be kept.
   */
  add(text: string): void {
    this.pieces.add(text);
  }

  /**
   * Learns the vocabulary. The trainer is of no use afterwards.
   *
   * @param onProgress hears now and then of how many tokens there are, and how many there are to be.
   * @returns a tokenizer of the kind `huggingface`: its `files` are the `tokenizer.json` and `tokenizer_config.json`.
   */
  train(onProgress?: (tokens: number, vocabSize: number) => void): Tokenizer {
    const { vocabSize, minFrequency, specialTokens } = this.options;
    const tokens = [...specialTokens];
    const ids = new Map(tokens.map((token, id) => [token, id]));
    // In the order of the characters, not of the bytes.
    for (const character of [...byteCharacters].sort()) {
      if (!ids.has(character)) ids.set(character, tokens.push(character) - 1);
    }
    const words = new WordTable(
      [...this.pieces.entries()],
      byteCharacters.map((character) => ids.get(character)!),
    );
    const merges = learnMerges(
      words,
      { tokens, ids },
      { vocabSize, minFrequency, onProgress: (tokens) => onProgress?.(tokens, vocabSize) },
    );
    return hfTokenizer(tokenizerJson(tokens, merges, specialTokens), tokenizerConfig(specialTokens));
  }
}

function checked({
  vocabSize = 8192,
  minFrequency = 0,
  specialTokens = [END_OF_TEXT],
}: BpeOptions): Required<BpeOptions> {
  const fail = (message: string, fix?: string): never => {
    throw new AttuneError('INVALID_ARGUMENT', message, { fix });
  };
  if (specialTokens.some((token) => token === '') || new Set(specialTokens).size < specialTokens.length) {
    fail(
      `Special tokens must be different texts that are not empty, but are ${JSON.stringify(specialTokens)}.`,
    );
  }
  const bytes = byteCharacters.filter((character) => !specialTokens.includes(character));
  const least = specialTokens.length + bytes.length;
  if (!Number.isSafeInteger(vocabSize) || vocabSize < least || vocabSize > MAX_VOCAB_SIZE) {
    fail(
      `vocabSize must be a whole number from ${least} (the 256 bytes and ${specialTokens.length} special tokens) to ${MAX_VOCAB_SIZE}, but is ${vocabSize}.`,
      'A few hundred for a text of a few words, 8192 for a book, 32000 and more for many.',
    );
  }
  if (!Number.isSafeInteger(minFrequency) || minFrequency < 0) {
    fail(`minFrequency must be a count, but is ${minFrequency}.`);
  }
  return { vocabSize, minFrequency, specialTokens };
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

function tokenizerJson(
  tokens: readonly string[],
  merges: readonly (readonly [string, string])[],
  specialTokens: readonly string[],
): object {
  return tokenizerDocument({
    added_tokens: specialTokens.map((content, id) => specialToken(id, content)),
    pre_tokenizer: byteLevel,
    decoder: byteLevel,
    model: bpeModel(tokens, merges),
  });
}

function tokenizerConfig(specialTokens: readonly string[]): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    // Otherwise " ," becomes ",": a text is to be what its tokens say.
    clean_up_tokenization_spaces: false,
    ...(specialTokens.includes(END_OF_TEXT) && { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT }),
  };
}
