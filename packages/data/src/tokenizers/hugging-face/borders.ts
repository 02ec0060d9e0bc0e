import { listOf, objectOf, type JsonObject } from '@attune/files';
import { lastBorderBeforeSpace } from '../base/borders.js';

/** Patterns that {@link lastBorderBeforeSpace} was proved for: those of GPT-2, of cl100k and Llama 3, and of Qwen 2. */
const PATTERNS: ReadonlySet<unknown> = new Set([
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
]);

/**
 * Where texts can be cut for a tokenizer.json, or `undefined` if that cannot be told from it. It can for byte-level BPE
 * with a known pattern, as GPT-2, Llama 3, Qwen and SmolLM have it: pieces are encoded alone, so that it comes down to
 * where the pattern splits. NFC composes nothing with a space or a line feed, and splitting at digits before or after
 * only adds borders. An added token must not reach over a border.
 */
export function bordersOf(
  tokenizerJson: unknown,
  tokenizerConfig: unknown = {},
): ((text: string) => number) | undefined {
  const {
    normalizer,
    pre_tokenizer: preTokenizer,
    model,
    added_tokens: addedTokens,
  } = objectOf(tokenizerJson);
  const { remove_space: removesSpace, do_lowercase_and_remove_accent: lowers } = objectOf(tokenizerConfig);
  const { type, dropout } = objectOf(model);
  const known =
    type === 'BPE' &&
    !dropout &&
    !removesSpace &&
    !lowers &&
    (normalizer == null || objectOf(normalizer)['type'] === 'NFC') &&
    splitsAtSpaces(preTokenizer) &&
    listOf(addedTokens).every(staysBetweenBorders);
  return known ? lastBorderBeforeSpace : undefined;
}

/** True if the steps are splits, the last of them into bytes, and one has a known pattern. */
function splitsAtSpaces(preTokenizer: unknown): boolean {
  const { type, pretokenizers } = objectOf(preTokenizer);
  const steps = (type === 'Sequence' ? listOf(pretokenizers) : [preTokenizer]).map(objectOf);
  const isPattern = ({ type, pattern, behavior, invert }: JsonObject) =>
    type === 'Split' && behavior === 'Isolated' && !invert && PATTERNS.has(objectOf(pattern)['Regex']);
  const isBytes = ({ type, add_prefix_space: addsSpace }: JsonObject) =>
    type === 'ByteLevel' && addsSpace === false;
  const last = steps.at(-1);
  if (!last || !isBytes(last)) return false;
  const others = steps.slice(0, -1);
  return (
    others.every((step) => step['type'] === 'Digits' || isPattern(step)) &&
    (last['use_regex'] !== false || others.some(isPattern))
  );
}

function staysBetweenBorders(addedToken: unknown): boolean {
  const { content, lstrip, rstrip, single_word: singleWord } = objectOf(addedToken);
  return typeof content === 'string' && !/\s/.test(content.slice(1)) && !lstrip && !rstrip && !singleWord;
}
