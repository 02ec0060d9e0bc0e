import { objectOf } from '@attune/files';
import { correctBpe, type BpeModel } from './bpe.js';
import { correctUnigram, type UnigramModel } from './unigram.js';
import { correctWordPiece, type WordPieceModel } from './word-piece.js';

/** The part of the library's models that is used here: its own declarations cannot be resolved in strict ESM. */
interface Model {
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly end_of_word_suffix?: string;
  unk_token?: string;
  unk_token_id?: number;
  readonly fuse_unk?: boolean;
  /** The tokens of pieces. */
  encode: (pieces: readonly string[]) => string[];
  /** How the model merges, looks up or scores, by which its kind is known. */
  readonly bpe?: unknown;
  readonly trie?: unknown;
  readonly max_input_chars_per_word?: unknown;
  /** The same, with what is unknown made into one token where the model says so. */
  _call: (pieces: readonly string[]) => string[];
}

/**
 * Makes a model of the library deal with characters that its vocabulary lacks as the one that transformers runs does:
 * piece by piece, so that what is unknown at the end of one does not swallow what is unknown at the begin of the next;
 * in Unigram by way of their bytes, where the file says so; and in BPE without a token for the unknown by leaving them
 * out before anything is merged, not after.
 */
export function correctModel(model: Model, description: unknown): void {
  const { type, byte_fallback: byBytes, unk_token: unknown } = objectOf(description);
  if (model.bpe !== undefined) correctBpe(model as unknown as BpeModel);
  else if (model.trie !== undefined) correctUnigram(model as unknown as UnigramModel);
  else if (model.max_input_chars_per_word !== undefined) correctWordPiece(model as unknown as WordPieceModel);
  const encode = model.encode.bind(model);
  const has = (token: string): boolean => model.tokens_to_ids.has(token);
  if (type === 'Unigram' && byBytes === true) {
    model.encode = (pieces) => encode(pieces).flatMap((token) => (has(token) ? token : bytesOf(token, has)));
  } else if (type === 'BPE' && unknown == null && byBytes !== true && !model.end_of_word_suffix) {
    model.encode = (pieces) =>
      pieces.flatMap((piece) => {
        const tokens = encode([piece]);
        const isWhole = tokens.join('').length === piece.length;
        return isWhole ? tokens : encode([withoutUnknown(piece, has)]);
      });
  }
  if (type === 'WordLevel') {
    // The library looks for it in the tokenizer_config.json only.
    model.unk_token = typeof unknown === 'string' ? unknown : undefined;
    model.unk_token_id = model.unk_token === undefined ? undefined : model.tokens_to_ids.get(model.unk_token);
  }
  model._call = (pieces) =>
    pieces.flatMap((piece) => {
      const tokens = model.encode([piece]);
      return model.fuse_unk ? withUnknownFused(tokens, model) : tokens;
    });
}

/** Tokens, with those in a row that are not in the vocabulary as one; the token for the unknown already is. */
function withUnknownFused(tokens: readonly string[], model: Model): string[] {
  const { tokens_to_ids: ids, unk_token_id: unknownId } = model;
  const isUnknown = (token: string) => (ids.get(token) ?? unknownId) === unknownId;
  const fused: string[] = [];
  for (let i = 0; i < tokens.length;) {
    const start = i++;
    if (isUnknown(tokens[start]!)) while (i < tokens.length && isUnknown(tokens[i]!)) i++;
    const first = tokens[start]!;
    fused.push(i - start === 1 || ids.get(first) === unknownId ? first : tokens.slice(start, i).join(''));
  }
  return fused;
}

/** The bytes of a text as tokens, or the text where not all of them are in the vocabulary. */
function bytesOf(text: string, has: (token: string) => boolean): string[] {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => {
    return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
  });
  return bytes.every(has) ? bytes : [text];
}

function withoutUnknown(piece: string, has: (token: string) => boolean): string {
  let known = '';
  for (const char of piece) if (has(char)) known += char;
  return known;
}
