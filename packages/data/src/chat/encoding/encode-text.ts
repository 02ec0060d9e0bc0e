import { listOf, objectOf } from '@attune/files';
import type { Tokenizer } from '../../tokenizers/index.js';
import type { SpecialTokens } from '../special-tokens/special-tokens.js';

/** How a text is encoded in which special tokens stand as text, as templates write them. */
export interface TextEncoder {
  encode(text: string): ArrayLike<number>;
  /**
   * Tokens, with their ids, that are found in a text before anything else is looked at: whatever stands before one of
   * them has no influence on how the text after it is encoded.
   */
  readonly anchors: ReadonlyMap<string, number>;
}

/** A `tokenizer.json` knows its special tokens itself; for our own tokenizers they are looked for here. */
export function textEncoder(tokenizer: Tokenizer, { texts, unk }: SpecialTokens): TextEncoder {
  if (tokenizer.name === 'huggingface') {
    const added = listOf(objectOf(tokenizer.files?.['tokenizer.json'])['added_tokens']).map(objectOf);
    const anchors = added.flatMap(({ content, id, normalized, single_word: word }) =>
      typeof content === 'string' && typeof id === 'number' && normalized === false && !word && id !== unk
        ? [[content, id] as const]
        : [],
    );
    return { encode: (text) => tokenizer.encode(text), anchors: new Map(anchors) };
  }
  if (texts.size === 0) return { encode: (text) => tokenizer.encode(text), anchors: texts };
  const pattern = anyOf(texts.keys());
  return {
    encode: (text) =>
      text
        .split(pattern)
        .flatMap((part, i) =>
          i % 2 === 1 ? [texts.get(part)!] : part === '' ? [] : [...tokenizer.encode(part)],
        ),
    anchors: texts,
  };
}

/** Matches, and captures, any of the texts: the longest that is there. */
export function anyOf(texts: Iterable<string>): RegExp {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(
    `(${longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`,
    'g',
  );
}
