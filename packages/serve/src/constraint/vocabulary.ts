import { byteCharacters, tokenBytes, type Tokenizer } from '@attune/data';

/** The tokens that may be written in JSON. */
export interface Vocabulary {
  /** Each token as GPT-2's characters for its bytes; '' where it must not be written. As many as the model has logits. */
  readonly tokens: readonly string[];
  /** The first byte of each, and 0 where it has none. */
  readonly first: Uint8Array;
  /** The last byte of each, and 0 where it has none. */
  readonly last: Uint8Array;
}

/** True for bytes of JSON on one line: no control characters, and none that UTF-8 never has. */
const isWritten = (byte: number) => byte >= 0x20 && byte !== 0xc0 && byte !== 0xc1 && byte < 0xf5;

/**
 * The vocabulary of a model, padded to `vocabSize`. The library lets control characters into texts of bounded length, which is no
 * JSON: tokens with one are left out.
 *
 * @throws AttuneError UNSUPPORTED_MODEL for a tokenizer whose tokens have no bytes of their own.
 */
export async function vocabularyOf(tokenizer: Tokenizer, vocabSize: number): Promise<Vocabulary> {
  const spelled = await tokenBytes(tokenizer);
  const [first, last] = [new Uint8Array(vocabSize), new Uint8Array(vocabSize)];
  const tokens = Array.from({ length: vocabSize }, (_, id) => {
    const bytes = spelled[id];
    if (!bytes?.every(isWritten) || bytes.length === 0) return '';
    first[id] = bytes[0]!;
    last[id] = bytes.at(-1)!;
    return Array.from(bytes, (byte) => byteCharacters[byte]!).join('');
  });
  return { tokens, first, last };
}

/**
 * The bytes that may follow the first of a character, where UTF-8 leaves some out: the library takes any. Longer spellings than need
 * be, halves of surrogate pairs, and what is beyond Unicode begin so.
 */
export function continuationOf(byte: number): readonly [from: number, to: number] | undefined {
  if (byte === 0xe0) return [0xa0, 0xbf];
  if (byte === 0xed) return [0x80, 0x9f];
  if (byte === 0xf0) return [0x90, 0xbf];
  if (byte === 0xf4) return [0x80, 0x8f];
  return undefined;
}
