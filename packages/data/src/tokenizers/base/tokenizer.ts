import { AttuneError } from '@attune/core';

/** Ids that can be decoded. */
export type TokenIds = ArrayLike<number>;

/**
 * The description of a tokenizer in a token folder's `meta.json`: enough to make it again, together with the files it
 * names, which lie in the same folder.
 */
export type TokenizerDescription =
  | { readonly kind: 'char'; /** All characters, in the order of their ids. */ readonly chars: string }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'gpt2' }
  | { readonly kind: 'huggingface'; readonly files: HuggingFaceFiles };

/** Names of files within a folder. */
export interface HuggingFaceFiles {
  /** `tokenizer.json`. */
  readonly tokenizer: string;
  /** `tokenizer_config.json`, where there is one. */
  readonly config?: string;
}

/** Text to token ids and back. */
export interface Tokenizer {
  /** For people: `char`, `bytes`, `gpt2`, `huggingface`. */
  readonly name: string;
  /** Every id is below it. */
  readonly vocabSize: number;
  /**
   * Ids of a text. No token is added at its begin or end.
   *
   * @throws AttuneError INVALID_ARGUMENT if the text has a character that the vocabulary lacks.
   */
  encode(text: string): Int32Array | readonly number[];
  /**
   * The last place at which a text can be cut: an index in UTF-16 units such that the ids of the two parts together are
   * those of the whole, however the text goes on. 0 if there is none. A tokenizer without this method needs the whole
   * text at once.
   */
  lastBorder?(text: string): number;
  /**
   * The text of ids. Bytes that are no UTF-8 become U+FFFD; to decode a text that is still growing, use
   * {@link streamDecoder}.
   *
   * @throws AttuneError TOKEN_OUT_OF_RANGE if an id is not below `vocabSize`.
   */
  decode(ids: TokenIds): string;
  /**
   * True if an id is one byte of a character that is spelled in bytes. What a row of them says is certain only when it
   * ends: bytes that are no UTF-8 turn all of them into U+FFFD. A tokenizer without this method has no such ids.
   */
  isByte?(id: number): boolean;
  /** Contents of the files that the description names, by name: JSON documents to be written beside it. */
  readonly files?: Readonly<Record<string, unknown>>;
  toJSON(): TokenizerDescription;
}

/** @throws AttuneError TOKEN_OUT_OF_RANGE if an id is no integer in [0, vocabSize). */
export function checkIds(tokenizer: Tokenizer, ids: TokenIds): void {
  const { name, vocabSize } = tokenizer;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
    throw new AttuneError(
      'TOKEN_OUT_OF_RANGE',
      `The ${name} tokenizer has ids from 0 to ${vocabSize - 1}, but id ${i} is ${id}.`,
      { fix: 'Decode with the tokenizer the model was trained with.', data: { id, position: i, vocabSize } },
    );
  }
}
