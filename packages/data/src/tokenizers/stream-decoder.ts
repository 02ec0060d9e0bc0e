import type { TokenIds, Tokenizer } from './base/tokenizer.js';

/** Decodes a text that arrives token by token. */
export interface StreamDecoder {
  /** Takes the next id, and returns the text that is now certain: possibly none, possibly more than one character. */
  push(id: number): string;
  /** The rest: an unfinished character comes out as U+FFFD. The decoder then begins a text of its own. */
  end(): string;
}

/** The longest unfinished UTF-8 sequence: a four-byte character that lacks its last byte. */
const UNFINISHED = 3;
const REPLACEMENT = '\ufffd';

/** So much of what stands before is looked at: more than any character has bytes. */
const CONTEXT = 32;

/**
 * A decoder for text as it is generated. One character may be spread over several tokens, so what could still become
 * another character is held back. The pieces together are exactly what `tokenizer.decode` gives of all ids beyond what it
 * gives of those before.
 *
 * @param before ids that stand before the text, such as a prompt: many tokenizers drop a space where a text begins, but
 * not between the prompt and what follows it.
 */
export function streamDecoder(tokenizer: Tokenizer, before: TokenIds = []): StreamDecoder {
  const { vocabSize } = tokenizer;
  const context = Array.from(before)
    .slice(-CONTEXT)
    .filter((id) => id < vocabSize);
  let ids: number[] = [];
  /** UTF-16 units of the text of `ids` that were returned. */
  let returned = 0;

  const push = (id: number): string => {
    ids.push(id);
    if (tokenizer.isByte?.(id)) return '';
    const text = tokenizer.decode(ids);
    let certain = text.length;
    if (!tokenizer.isByte) {
      while (certain > text.length - UNFINISHED && text[certain - 1] === REPLACEMENT) certain--;
    }
    const piece = text.slice(returned, certain);
    returned = Math.max(returned, certain);
    if (certain === text.length) {
      // All is certain. One token of context stays.
      ids = ids.slice(-1);
      returned = tokenizer.decode(ids).length;
    }
    return piece;
  };
  for (const id of context) push(id);
  // What stands before was shown already, but for a character that it leaves unfinished.
  if (tokenizer.isByte?.(context.at(-1) ?? -1))
    returned = tokenizer.decode(ids).replace(/\ufffd+$/, '').length;

  return {
    push,
    end() {
      const rest = tokenizer.decode(ids).slice(returned);
      ids = [];
      returned = 0;
      return rest;
    },
  };
}
