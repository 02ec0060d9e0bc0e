import { AttuneError } from '@attune/core';
import { tokenBytes, type Tokenizer, type TokenSpellings } from '@attune/data';

const encoder = new TextEncoder();
const REPLACEMENT = '\ufffd';
const known = new WeakMap<Tokenizer, Map<number, string>>();

/**
 * The text of a token within a text. What is a part of a character only has U+FFFD in it.
 *
 * A tokenizer may drop a space where a text begins, so the token is looked at behind itself.
 */
export function tokenText(tokenizer: Tokenizer, id: number): string {
  // A vocabulary that was rounded up has ids without a text.
  if (id >= tokenizer.vocabSize) return '';
  let texts = known.get(tokenizer);
  if (!texts) known.set(tokenizer, (texts = new Map()));
  let text = texts.get(id);
  if (text === undefined) {
    text = tokenizer.decode([id, id]).slice(tokenizer.decode([id]).length);
    texts.set(id, text);
  }
  return text;
}

const spellings = new WeakMap<Tokenizer, Promise<TokenSpellings>>();

/** The bytes of each token of a vocabulary, as far as the tokenizer says them. They are found once. */
export function spellingsOf(tokenizer: Tokenizer): Promise<TokenSpellings> {
  let found = spellings.get(tokenizer);
  if (!found) {
    found = tokenBytes(tokenizer).catch((error: unknown) => {
      if (error instanceof AttuneError && error.code === 'UNSUPPORTED_MODEL') return [];
      throw error;
    });
    spellings.set(tokenizer, found);
    found.catch(() => spellings.delete(tokenizer));
  }
  return found;
}

/** The bytes of a token; `null` where they are part of a character, and the tokenizer does not say which. */
export function bytesOf(spelled: TokenSpellings, { token, text }: SpelledToken): readonly number[] | null {
  const bytes = spelled[token];
  if (bytes) return [...bytes];
  return text.includes(REPLACEMENT) ? null : [...encoder.encode(text)];
}

interface SpelledToken {
  readonly token: number;
  readonly text: string;
}
