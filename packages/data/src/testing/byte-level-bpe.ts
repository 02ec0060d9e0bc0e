import { specialToken } from '../tokenizers/tokenizer-document.js';

/** Patterns of well-known vocabularies, as their tokenizer.json has them. */
export const LLAMA_3_PATTERN = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const QWEN_2_PATTERN = LLAMA_3_PATTERN.replace('{1,3}', '');

/** The printable character that byte-level vocabularies write for each byte. */
function byteAlphabet(): string[] {
  const isPrintable = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte < 0xad) || byte > 0xad;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}

/**
 * A tokenizer.json whose merges join any two bytes of a piece that they can, so that pieces that are cut wrongly have
 * other ids: every pair of 24 bytes that text is full of is a token, and so are pairs of these.
 */
export function byteLevelBpe(preTokenizer: unknown, more: object = {}): object {
  const alphabet = byteAlphabet();
  const common = [...Buffer.from(" \n\r\t.'/s1aeIdo"), 0xc2, 0xa0, 0xe3, 0x80, 0xcc, 0x81, 0x85, 0xe2].map(
    (byte) => alphabet[byte]!,
  );
  const pairs = common.flatMap((a) => common.map((b) => [a, b] as const));
  const quads = pairs
    .filter((_, i) => i % 7 === 0)
    .flatMap(([a, b]) => pairs.filter((_, i) => i % 11 === 0).map(([c, d]) => [a + b, c + d] as const));
  const merges = [...pairs, ...quads];
  const tokens = [...alphabet, ...new Set(merges.map(([a, b]) => a + b))];
  return {
    version: '1.0',
    added_tokens: [addedToken(tokens.length, '<|im_start|>'), addedToken(tokens.length + 1, '<|endoftext|>')],
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
    ...more,
  };
}

export function addedToken(id: number, content: string, more: object = {}): object {
  return { ...specialToken(id, content), ...more };
}

const split = (pattern: string) => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});
const bytes = (useRegex: boolean) => ({ type: 'ByteLevel', add_prefix_space: false, use_regex: useRegex });
const sequence = (...pretokenizers: object[]) => ({ type: 'Sequence', pretokenizers });

/** Pre-tokenizers as model folders have them. */
export const preTokenizers = {
  'GPT-2': bytes(true),
  'Llama 3': sequence(split(LLAMA_3_PATTERN), bytes(false)),
  'Qwen 2': sequence(split(QWEN_2_PATTERN), bytes(false)),
  SmolLM: sequence({ type: 'Digits', individual_digits: true }, bytes(true)),
} as const;
