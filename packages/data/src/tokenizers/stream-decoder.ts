import type { Tokenizer } from './tokenizer.js';

/** Decodes a text that arrives token by token. */
export interface StreamDecoder {
  /** Takes the next id, and returns the text that is now certain: possibly none, possibly more than one character. */
  push(id: number): string;
  /** The rest: an unfinished character comes out as U+FFFD. The decoder is then as new. */
  end(): string;
}

/** The longest unfinished UTF-8 sequence: a four-byte character that lacks its last byte. */
const UNFINISHED = 3;
const REPLACEMENT = '\ufffd';

/**
 * A decoder for text as it is generated. One character may be spread over several tokens, so what could still become
 * another character is held back. The pieces together are exactly `tokenizer.decode` of all ids.
 */
export function streamDecoder(tokenizer: Tokenizer): StreamDecoder {
  let ids: number[] = [];
  /** UTF-16 units of the text of `ids` that were returned. */
  let returned = 0;

  return {
    push(id) {
      ids.push(id);
      const text = tokenizer.decode(ids);
      let certain = text.length;
      while (certain > text.length - UNFINISHED && text[certain - 1] === REPLACEMENT) certain--;
      const piece = text.slice(returned, certain);
      returned = Math.max(returned, certain);
      if (certain === text.length) {
        // All is certain. One token of context stays: some tokenizers drop a space at the begin of a text.
        ids = ids.slice(-1);
        returned = tokenizer.decode(ids).length;
      }
      return piece;
    },
    end() {
      const rest = tokenizer.decode(ids).slice(returned);
      ids = [];
      returned = 0;
      return rest;
    },
  };
}
