import { lastBorderBeforeWhiteSpace } from './base/borders.js';
import { checkIds, type TokenIds, type Tokenizer } from './base/tokenizer.js';

const END_OF_TEXT = '<|endoftext|>';
const END_OF_TEXT_ID = 50256;

/** Pieces kept, and UTF-16 units of the longest of them: some 20 MB at most. */
const CACHE_SIZE = 2 ** 17;
const LONGEST_CACHED = 64;

/**
 * How GPT-2 cuts a text before merging bytes (Radford et al. 2019, `encoder.py`). White space is what Unicode says it is:
 * JavaScript's `\s` has U+FEFF in addition and lacks U+0085, which changes ids.
 */
export const GPT2_PIECES =
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
    tokenSplitRegex: GPT2_PIECES,
    mergeCacheSize: 0,
  });
  const encoder = new TextEncoder();
  // A byte order mark is a character like any other.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Ids of pieces seen lately: a text is made of few words that come again and again. */
  const cache = new Map<string, number | readonly number[]>();
  const idsOf = (piece: string): number | readonly number[] => {
    let ids = cache.get(piece);
    if (ids === undefined) {
      const merged = [...bpe.encodeNativeGenerator(piece)].flat();
      ids = merged.length === 1 ? merged[0]! : merged;
      if (piece.length > LONGEST_CACHED) return ids;
      if (cache.size >= CACHE_SIZE) cache.clear();
      // A copy: in V8, a slice of a text keeps all of the text in memory.
      cache.set(decoder.decode(encoder.encode(piece)), ids);
    }
    return ids;
  };
  const bytesOf = (id: number): ArrayLike<number> => {
    const token = id === END_OF_TEXT_ID ? END_OF_TEXT : tokens[id]!;
    return typeof token === 'string' ? encoder.encode(token) : token;
  };

  const tokenizer: Tokenizer = {
    name: 'gpt2',
    vocabSize: 50257,
    encode(text) {
      const ids: number[] = [];
      const pieces = new RegExp(GPT2_PIECES);
      // Every character is of some piece, so that the pieces follow each other without a gap.
      for (let start = 0; pieces.test(text); start = pieces.lastIndex) {
        const found = idsOf(text.slice(start, pieces.lastIndex));
        if (typeof found === 'number') ids.push(found);
        // Not push(...found): a piece may have more tokens than one call can take as arguments.
        else for (const id of found) ids.push(id);
      }
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
      return decoder.decode(bytes);
    },
    toJSON: () => ({ kind: 'gpt2' }),
  };
  return tokenizer;
}
