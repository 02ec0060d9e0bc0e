import type { Tokenizer } from '../tokenizers/index.js';
import type { SpecialTokens } from './special-tokens.js';
import type { Encode } from './token-spans.js';

/**
 * Encodes text in which special tokens stand as text, as templates write them. A `tokenizer.json` knows them itself; in
 * text for our own tokenizers they are looked for here.
 */
export function textEncoder(tokenizer: Tokenizer, { texts }: SpecialTokens): Encode {
  if (tokenizer.name === 'huggingface' || texts.size === 0) return (text) => tokenizer.encode(text);
  const special = [...texts.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    `(${special.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`,
  );
  return (text) =>
    text
      .split(pattern)
      .flatMap((part, i) =>
        i % 2 === 1 ? [texts.get(part)!] : part === '' ? [] : [...tokenizer.encode(part)],
      );
}
