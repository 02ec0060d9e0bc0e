import { lastBorderBeforeWhiteSpace } from './borders.js';
import { checkIds, type TokenIds, type Tokenizer } from './tokenizer.js';

const END_OF_TEXT = '<|endoftext|>';
const END_OF_TEXT_ID = 50256;

/**
 * How GPT-2 cuts a text before merging bytes (Radford et al. 2019, `encoder.py`). White space is what Unicode says it is:
 * JavaScript's `\s` has U+FEFF in addition and lacks U+0085, which changes ids.
 */
const PIECES =
  /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * GPT-2's byte-level BPE, 50,257 tokens. Special tokens within a text are ordinary text, as with tiktoken's
 * `encode_ordinary`, so that data cannot end a document; id 50256 decodes to `<|endoftext|>`.
 *
 * The merges (half a megabyte) come from the package `gpt-tokenizer` and are loaded on the first call, offline.
 */
export async function gpt2Tokenizer(): Promise<Tokenizer> {
  const [{ BytePairEncodingCore }, { default: tokens }] = await Promise.all([
    import('gpt-tokenizer/BytePairEncodingCore'),
    import('gpt-tokenizer/bpeRanks/r50k_base'),
  ]);
  const bpe = new BytePairEncodingCore({
    bytePairRankDecoder: tokens,
    specialTokensEncoder: new Map([[END_OF_TEXT, END_OF_TEXT_ID]]),
    tokenSplitRegex: PIECES,
  });
  const encoder = new TextEncoder();
  const bytesOf = (id: number): ArrayLike<number> => {
    const token = id === END_OF_TEXT_ID ? END_OF_TEXT : tokens[id]!;
    return typeof token === 'string' ? encoder.encode(token) : token;
  };

  const tokenizer: Tokenizer = {
    name: 'gpt2',
    vocabSize: 50257,
    encode(text) {
      const ids: number[] = [];
      // Piece by piece: a single piece may have more tokens than one call can take as arguments.
      for (const piece of bpe.encodeNativeGenerator(text)) for (const id of piece) ids.push(id);
      return ids;
    },
    lastBorder: lastBorderBeforeWhiteSpace,
    // Not the package's own: its decoder keeps the bytes of an unfinished character for whatever is decoded next.
    decode(ids: TokenIds) {
      checkIds(tokenizer, ids);
      const parts = Array.from(ids, bytesOf);
      const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
      let offset = 0;
      for (const part of parts) {
        bytes.set(part, offset);
        offset += part.length;
      }
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    },
    toJSON: () => ({ kind: 'gpt2' }),
  };
  return tokenizer;
}
