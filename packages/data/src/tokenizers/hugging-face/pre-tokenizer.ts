import { objectOf, type JsonObject } from '@attune/files';
import { isSplitBehavior, literalPattern, splitStep } from './split.js';

/** How GPT-2 cuts a text, as a pattern of the kind a tokenizer.json has. */
const GPT_2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** The characters of a word, to the library that transformers runs. */
export const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}`;

/** Punctuation, to which all of ASCII that is no letter, digit or space belongs. */
const PUNCTUATION = String.raw`[\p{P}\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E]`;

/**
 * A pre-tokenizer of a tokenizer.json, with steps written out that the library follows only by and large: what it takes
 * for white space, words and digits is JavaScript's idea of them, not Unicode's, and it knows two of the five ways to
 * split. As patterns, which it does take for what Unicode says, they give the pieces that transformers gives.
 *
 * @throws Error for a step that no file of transformers' has.
 */
export function preTokenizerWrittenOut(step: unknown): unknown {
  const steps = writtenOut(step);
  return steps.length === 1 ? steps[0] : sequence(steps);
}

function sequence(steps: readonly unknown[]): JsonObject {
  return { type: 'Sequence', pretokenizers: steps };
}

function writtenOut(step: unknown): readonly unknown[] {
  const { type, pretokenizers, behavior = 'Isolated', ...rest } = objectOf(step);
  switch (type) {
    case 'Sequence':
      return Array.isArray(pretokenizers) ? [sequence(pretokenizers.flatMap(writtenOut))] : [step];
    case 'ByteLevel':
      return byteLevel(objectOf(step));
    case 'Split':
      return [split(objectOf(step))];
    case 'Whitespace':
      return [splitStep(`[${WORD}]+|[^${WORD}\\s]+`, 'Removed', true)];
    case 'WhitespaceSplit':
      return [splitStep('\\s', 'Removed')];
    case 'BertPreTokenizer':
      return [splitStep('\\s', 'Removed'), splitStep(PUNCTUATION, 'Isolated')];
    case 'Punctuation':
      return isSplitBehavior(behavior) ? [splitStep(PUNCTUATION, behavior)] : [step];
    case 'Digits':
      return [splitStep('\\p{N}', rest['individual_digits'] === true ? 'Isolated' : 'Contiguous')];
    case 'CharDelimiterSplit':
      return [splitStep(literalPattern(String(rest['delimiter'])), 'Removed')];
    case 'FixedLength':
      return [splitStep(`[\\s\\S]{1,${Number(rest['length'] ?? 5)}}`, 'Isolated')];
    case 'Metaspace':
      return metaspace(objectOf(step));
    case 'Replace':
      throw new Error('its pre-tokenizer replaces, which none does that transformers runs');
    default:
      return [step];
  }
}

function byteLevel(step: JsonObject): readonly unknown[] {
  const { use_regex: usesRegex, add_prefix_space: addsSpace } = step;
  if (usesRegex === false) return [step];
  // Before the text is cut: the space belongs to the first piece. The pattern takes the text as a whole, with its space
  // or without one.
  const space = {
    type: 'Replace',
    pattern: { Regex: ' ([\\s\\S]*)|([^ ][\\s\\S]*)' },
    content: ' $1$2',
  };
  const cut = [splitStep(GPT_2, 'Isolated'), { ...step, use_regex: false, add_prefix_space: false }];
  return addsSpace === true ? [space, ...cut] : cut;
}

function split(step: JsonObject): unknown {
  const { pattern, behavior, invert } = step;
  const { Regex: regex, String: text } = objectOf(pattern);
  const source =
    typeof regex === 'string' ? regex : typeof text === 'string' ? literalPattern(text) : undefined;
  return source !== undefined && isSplitBehavior(behavior)
    ? splitStep(source, behavior, invert === true)
    : step;
}

/** Each mark begins a piece, unless the step says that it does not cut; older files say `add_prefix_space`. */
function metaspace(step: JsonObject): readonly unknown[] {
  const { replacement = '▁', add_prefix_space: addsSpace, split: cuts } = step;
  const marks = addsSpace === false ? { ...step, prepend_scheme: 'never' } : step;
  return cuts === false ? [marks] : [marks, splitStep(literalPattern(String(replacement)), 'MergedWithNext')];
}
