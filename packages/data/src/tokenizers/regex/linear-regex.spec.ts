import { Random } from '@attune/core';
import { LinearRegex } from './linear-regex.js';

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;

const ATOMS = [
  'a',
  'b',
  '[ab]',
  '[^a]',
  '\\s',
  '\\S',
  '.',
  '\\p{L}',
  'é',
  '😀',
  '[^\\s\\p{L}]',
  '[\\s\\S]',
  '\\n',
];
const QUANTIFIERS = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}', '{2,}', '{1,3}?'];
const LOOKS = ['(?=', '(?!', '(?<=', '(?<!'];

/** A small expression at random, of the syntax that is supported. */
function pattern(random: Random, depth: number): string {
  const size = 1 + random.integer(3);
  return Array.from({ length: size }, () => {
    const kind = random.integer(depth > 0 ? 8 : 4);
    if (kind < 4) return pick(random, ATOMS) + (random.integer(2) ? pick(random, QUANTIFIERS) : '');
    if (kind === 4) return pick(random, LOOKS) + pattern(random, depth - 1) + ')';
    const options = Array.from({ length: 1 + random.integer(3) }, () =>
      random.integer(8) ? pattern(random, depth - 1) : '',
    );
    return `(?:${options.join('|')})` + (random.integer(3) ? pick(random, QUANTIFIERS) : '');
  }).join(random.integer(6) ? '' : '|');
}

const text = (random: Random, length: number) =>
  Array.from({ length: random.integer(length) }, () =>
    pick(random, ['a', 'a', 'b', ' ', '\n', 'é', '😀', '\ud83d', '1']),
  ).join('');

const isInside = (text: string, at: number) => at > 0 && text.codePointAt(at - 1)! > 0xffff;

const compiled = (source: string): LinearRegex | undefined => {
  try {
    return new LinearRegex(source);
  } catch {
    return undefined;
  }
};

test('finds what JavaScript finds, for thousands of random expressions', () => {
  const random = new Random(11);
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    // JavaScript's own engine may take forever, if expressions and texts were larger.
    const depth = round % 4 === 0 ? 2 : 1;
    const native = new RegExp(pattern(random, depth), 'gu');
    const linear = compiled(native.source);
    if (!linear) {
      refused++;
      continue;
    }
    for (let i = 0; i < 4; i++) {
      const sample = text(random, depth === 2 ? 6 : 9);
      // V8 finds nothing in the middle of a character, at times, where ECMAScript goes on with the next one.
      if ([...sample.matchAll(native)].some(({ index }) => isInside(sample, index))) continue;
      const of = (regex: RegExp | LinearRegex) => {
        const matches = [...sample.matchAll(regex as RegExp)].map((match) => [match.index, match[0]]);
        return JSON.stringify([
          matches,
          sample.match(regex as RegExp),
          sample.replaceAll(regex as RegExp, '<$&$$>'),
          sample.split(regex as RegExp),
        ]);
      };
      const [expected, got] = [of(native), of(linear)];
      if (got !== expected)
        throw new Error(`${native.source} on ${JSON.stringify(sample)}: ${expected} but ${got}`);
    }
  }
  expect(refused).toBeLessThan(40);
});

/** Patterns that JavaScript would not finish, as the library translates them. */
const ENDLESS = [
  '(a+){1,}b',
  '(((a+){4}){4}){4}b',
  '[^\\n]*[^\\n]*[^\\n]*[^\\n]*[^\\n]*[^\\n]*[^\\n]*[^\\n]*=',
];

test.each([
  ...ENDLESS,
  '(a|a)*b',
  '(?:a*)*b',
  '(?:a|aa|aaa)+?b',
  '(?=a*b)a',
  '(?<=c a*)a',
  '(?:(?!a*b)[\\s\\S])+b',
  '(?:a{0,30}){0,20}b',
])('%s takes steps in proportion to the text', (source) => {
  const regex = new LinearRegex(source);
  const steps = [2000, 8000].map((length) => {
    const text = `c ${'a'.repeat(length)}`;
    const search = regex.search(text);
    for (let at = 0; search.next(at); at = Math.max(search.end, at + 1));
    return search.steps;
  });
  expect(steps[1]).toBeLessThan(4.5 * steps[0]!);
});

test('patterns of which a text takes too long end in an error', () => {
  const slow = new LinearRegex(`(?:${'a?'.repeat(900)})b`);
  expect(() => 'a'.repeat(300_000).match(slow as unknown as RegExp)).toThrow('takes too long');
});

test('a match as long as its text', () => {
  const text = `${'ab'.repeat(500_000)}c`;
  expect(text.match(new LinearRegex('(?:(?:ab)+(?=[\\s\\S]))*c') as unknown as RegExp)).toEqual([text]);
});

test.each([
  [String.raw`(a)\1`, String.raw`"\\1" refers to what a group matched`],
  ['(?:a{1000}){1000}', 'more than 2000 instructions'],
  ['(?:){1000000000}a{3000}', 'more than 2000 instructions'],
  [`${'('.repeat(200)}a${')'.repeat(200)}`, 'nest deeper than 100'],
  ['a'.repeat(30_000), 'has 30000 characters'],
  [String.raw`\b`, 'is not supported'],
])('%.30s is refused: %s', (source, reason) => {
  expect(() => new LinearRegex(source)).toThrow(reason);
});
