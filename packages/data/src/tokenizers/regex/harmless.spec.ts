import * as library from '@huggingface/tokenizers';
import { isHarmless } from './harmless.js';
import { parseRegex } from './parse.js';
import type { RegexNode } from './syntax.js';

/** The library's function that makes an expression of a pattern: its declarations cannot be resolved in strict ESM. */
const { ReplaceNormalizer: Replace } = library as unknown as {
  ReplaceNormalizer: new (config: unknown) => { readonly pattern: RegExp };
};
const nodeOf = (Regex: string): RegexNode =>
  parseRegex(new Replace({ pattern: { Regex }, content: '' }).pattern.source);

const CASED = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const SMALL = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const END = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)?`;

/** Patterns as the files of known tokenizers have them, and those that are written out for other steps. */
const KNOWN: Readonly<Record<string, string>> = {
  'GPT-2': String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  'Llama 3': String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  'Qwen 2': String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  'GPT-4, Phi 4': String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
  'GPT-4o': `${CASED}*${SMALL}+${END}|${CASED}+${SMALL}*${END}|${String.raw`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`}`,
  Tekken: `${CASED}*${SMALL}+|${CASED}+${SMALL}*|${String.raw`\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`}`,
  'DeepSeek V3':
    '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  'DeepSeek, Chinese': '[一-龥぀-ゟ゠-ヿ]+',
  'DeepSeek, lines': '[\\r\\n]',
  'DeepSeek, words': '\\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+',
  'DeepSeek, marks': '\\s?[!-/:-~！-／：-～‘-‟　-。]+',
  'DeepSeek, space at the end': '\\s+$',
  BLOOM: ' ?[^(\\s|[.,!?…。，、।۔،])]+',
  Falcon: '[0-9][0-9][0-9]',
  'digits, each': '\\p{N}',
  'digits in threes': '\\p{N}{1,3}',
  'spaces in T5': ' {2,}',
  'words of BERT': '\\s',
  'any text': '[\\s\\S]+',
  'a mark, merged with the next': '(?:▁)(?:(?:(?!(?:▁))[\\s\\S])+)?|(?:(?!(?:▁))[\\s\\S])+',
  'the same, with the previous': '(?:(?!(?:\\p{P}))[\\s\\S])+(?:(?:\\p{P}))?|(?:\\p{P})',
  'runs of digits': '(?:\\p{N})+',
  'space at the end': '(?<!\\s)\\s+\\z',
  'space at the begin': '\\A\\s+',
  'pieces of a length': '[\\s\\S]{1,1000000000}',
};

/** Patterns that take JavaScript too long for some texts. */
const HARMFUL = [
  '(a+){00000000000000000000000001,}b',
  '(((a+){4}){4}){4}b',
  '.*.*.*.*.*.*.*.*=',
  '(a|a)*b',
  '(a+)+$',
  'a*b',
  '\\s+\\z',
  '\\s*[\\r\\n]+|\\s',
  '\\s*[\\r\\n]+|\\p{L}+|\\s+(?!\\S)',
  '(?:a|[ab]){64,}c',
  '(?:a?){30}a{30}',
  '\\p{L}+\\p{N}',
  '(?=a*b)a',
  `${CASED}*${SMALL}+|\\p{N}`,
  'x?a{0,100000}b',
];

const SPACE_AT_END = 'DeepSeek, space at the end';

test.each(Object.entries(KNOWN).filter(([name]) => name !== SPACE_AT_END))('%s is harmless', (_, pattern) => {
  expect(isHarmless(nodeOf(pattern))).toBe(true);
});

test.each([...HARMFUL, KNOWN[SPACE_AT_END]!])('%s is not known to be harmless', (pattern) => {
  expect(isHarmless(nodeOf(pattern))).toBe(false);
});

/** The steps that an engine takes which backtracks and remembers nothing, to find all matches. */
function stepsOf(node: RegexNode, text: string): number {
  const chars = Array.from(text);
  const tests = new Map<string, RegExp>();
  let steps = 0;

  const isIn = (source: string, char: string) => {
    if (!tests.has(source)) tests.set(source, new RegExp(`^(?:${source})$`, 'u'));
    return tests.get(source)!.test(char);
  };
  type Rest = (at: number) => number;
  function match(part: RegexNode, at: number, back: boolean, rest: Rest): number {
    steps++;
    switch (part.kind) {
      case 'character': {
        const char = chars[back ? at - 1 : at];
        return char !== undefined && isIn(part.source, char) ? rest(back ? at - 1 : at + 1) : -1;
      }
      case 'sequence': {
        const parts = back ? [...part.parts].reverse() : part.parts;
        const from = (i: number, at: number): number =>
          i === parts.length ? rest(at) : match(parts[i]!, at, back, (next) => from(i + 1, next));
        return from(0, at);
      }
      case 'choice':
        for (const option of part.options) {
          const end = match(option, at, back, rest);
          if (end >= 0) return end;
        }
        return -1;
      case 'look': {
        const found = match(part.part, at, part.behind, (end) => end) >= 0;
        return found !== part.negative ? rest(at) : -1;
      }
      case 'repeat': {
        const { min, max } = part;
        const round = (count: number, at: number): number => {
          const more = () =>
            count < max
              ? match(part.part, at, back, (next) =>
                  next === at && count >= min ? -1 : round(count + 1, next),
                )
              : -1;
          if (count < min) return more();
          const first = part.lazy ? rest(at) : more();
          return first >= 0 ? first : part.lazy ? more() : rest(at);
        };
        return round(0, at);
      }
    }
  }
  for (let at = 0; at <= chars.length;) {
    const end = match(node, at, false, (end) => end);
    at = Math.max(end, at + 1);
  }
  return steps;
}

const CHARACTERS = ['A', 'a', 'ª', '\u0301', '1', ' ', '\n', '.', "'", '一', '▁'];

test('what is taken for harmless takes steps in proportion to the text, whatever the text', () => {
  for (const [name, pattern] of Object.entries(KNOWN)) {
    if (name === SPACE_AT_END) continue;
    const node = nodeOf(pattern);
    for (const run of CHARACTERS) {
      for (const end of ['', ...CHARACTERS]) {
        const [few, many] = [40, 120].map((length) => stepsOf(node, run.repeat(length) + end)) as [
          number,
          number,
        ];
        if (many > 3.2 * few + 200)
          throw new Error(`${name} on ${JSON.stringify(run + end)}: ${few}, ${many}`);
      }
    }
    const mixed = [10, 30].map((length) => stepsOf(node, 'Aa 1\n. \n  x'.repeat(length)));
    expect(mixed[1]).toBeLessThan(3.2 * mixed[0]! + 200);
  }
});

test('this can tell what is not', () => {
  const steps = [30, 90].map((length) => stepsOf(nodeOf('\\s+\\z'), ' '.repeat(length) + 'x'));
  expect(steps[1]).toBeGreaterThan(6 * steps[0]!);
});
