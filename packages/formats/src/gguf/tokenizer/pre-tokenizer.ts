import { listOf, objectOf, type JsonObject } from '@attune/files';

/** The ways to cut a text that llama.cpp knows, by the names it has for them, as patterns that tokenizer.json files have. */
const PATTERNS: ReadonlyMap<string, 'gpt-2' | 'llama3' | 'qwen2'> = new Map([
  [String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, 'gpt-2'],
  // The same as tiktoken writes it, and as attune does, with Unicode's white space.
  [String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, 'gpt-2'],
  [
    String.raw`'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+`,
    'gpt-2',
  ],
  [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    'llama3',
  ],
  [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    'qwen2',
  ],
]);

/** The way to cut a text, or why llama.cpp has none such. */
export type PreTokenizer = { readonly name: string } | { readonly fault: string };

function steps(step: unknown): readonly JsonObject[] {
  const { type, pretokenizers } = objectOf(step);
  if (step === null || step === undefined) return [];
  return type === 'Sequence' ? listOf(pretokenizers).flatMap(steps) : [objectOf(step)];
}

/** The name of what a `Split` step does, if llama.cpp has one. */
function ofSplit({ pattern, behavior, invert }: JsonObject): 'gpt-2' | 'llama3' | 'qwen2' | undefined {
  const { Regex: regex } = objectOf(pattern);
  // Both leave the matches, each on its own: the patterns match every character.
  const keepsMatches = invert === true ? behavior === 'Removed' : behavior === 'Isolated';
  return keepsMatches && typeof regex === 'string' ? PATTERNS.get(regex) : undefined;
}

function shown(step: JsonObject): string {
  const { type, pattern } = step;
  const { Regex: regex, String: text } = objectOf(pattern);
  const cut = typeof regex === 'string' ? regex : typeof text === 'string' ? text : undefined;
  const name = typeof type === 'string' ? type.slice(0, 40) : 'unnamed';
  return cut === undefined ? name : `${name} ${JSON.stringify(cut.slice(0, 80))}`;
}

/**
 * How llama.cpp is to cut a text before it merges bytes.
 *
 * Source: llama.cpp, `llm_tokenizer_bpe`: each name stands for patterns.
 *
 * @param preTokenizer of a tokenizer.json.
 * @param merges true if there is anything to merge: without, it does not matter how a text is cut.
 * @param ignoresMerges true if a piece that is a token is taken as it is.
 */
export function preTokenizerName(
  preTokenizer: unknown,
  { merges, ignoresMerges }: { readonly merges: boolean; readonly ignoresMerges: boolean },
): PreTokenizer {
  const all = steps(preTokenizer);
  const byteLevel = all.at(-1);
  if (byteLevel?.['type'] !== 'ByteLevel') {
    return { fault: 'its tokens are characters, not bytes (its pre-tokenizer has no ByteLevel at its end)' };
  }
  if (byteLevel['add_prefix_space'] !== false) {
    return { fault: 'its tokenizer puts a space before each text (add_prefix_space)' };
  }
  const cuts = byteLevel['use_regex'] !== false;
  const [first, ...others] = all.slice(0, -1);
  const unknown: PreTokenizer = {
    fault:
      'llama.cpp has no name for the way in which its tokenizer cuts a text: ' +
      (all.slice(0, 4).map(shown).join(', ') || 'not at all'),
  };
  if (others.length > 0) return unknown;
  if (!first) return cuts || !merges ? named('gpt-2', ignoresMerges) : unknown;
  if (first['type'] === 'Digits') {
    return cuts && first['individual_digits'] === true ? named('smollm', ignoresMerges) : unknown;
  }
  const split = first['type'] === 'Split' && !cuts ? ofSplit(first) : undefined;
  return split ? named(split, ignoresMerges) : unknown;
}

/** Among names that stand for the same patterns, the one by which llama.cpp takes whole tokens as the tokenizer does. */
function named(name: string, ignoresMerges: boolean): PreTokenizer {
  if (name === 'llama3') return { name: ignoresMerges ? 'llama-bpe' : 'smaug-bpe' };
  return ignoresMerges
    ? {
        fault: `its tokenizer takes pieces that are tokens as they are (ignore_merges), which llama.cpp's ${name} does not`,
      }
    : { name };
}
