import type { Tokenizer } from '@attune/data';

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

/** The bytes of a token's text in UTF-8; `null` where they are part of a character, and the tokenizer does not say which. */
export function tokenBytes(text: string): readonly number[] | null {
  return text.includes(REPLACEMENT) ? null : [...new TextEncoder().encode(text)];
}
