import { checkIds, type Tokenizer } from './base/tokenizer.js';

/** One token per byte of the UTF-8 encoding: 256 ids, and no text that it cannot take. */
export function byteTokenizer(): Tokenizer {
  const encoder = new TextEncoder();
  const tokenizer: Tokenizer = {
    name: 'bytes',
    vocabSize: 256,
    encode: (text) => new Int32Array(encoder.encode(text)),
    lastBorder: (text) => text.length,
    decode(ids) {
      checkIds(tokenizer, ids);
      // A byte order mark is a character like any other.
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(ids));
    },
    toJSON: () => ({ kind: 'bytes' }),
  };
  return tokenizer;
}
