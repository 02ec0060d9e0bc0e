import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isAttuneError } from '@attune/core';
import { matchPaths } from './module-pattern.js';

const { paths, cases } = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../../../backend-testkit/fixtures/module_patterns/case.json', import.meta.url)),
    'utf8',
  ),
) as { paths: string[]; cases: [pattern: string, matched: number[] | null][] };

/** Which paths a pattern matches, or why it is refused. */
function matched(pattern: string): number[] | string {
  try {
    return matchPaths(pattern, paths).map((path) => paths.indexOf(path));
  } catch (error) {
    if (!isAttuneError(error)) throw error;
    return error.message;
  }
}

test(`${cases.length} patterns match what Python's re.fullmatch matches, or are refused by name`, () => {
  const different = cases.flatMap(([pattern, expected]) => {
    const found = matched(pattern);
    if (typeof found === 'string') {
      const fits = expected === null || found.includes('which only Python matches');
      return fits ? [] : [[pattern, found]];
    }
    return JSON.stringify(found) === JSON.stringify(expected) ? [] : [[pattern, found, expected]];
  });
  expect(different).toEqual([]);
  const refused = cases.filter(([pattern, expected]) => expected && typeof matched(pattern) === 'string');
  expect(refused.length).toBeLessThan(cases.length / 10);
});

test.each([
  [String.raw`(a)\1`, String.raw`a back reference, \1`],
  ['(?P<n>a)(?P=n)', 'a back reference, (?P=…)'],
  ['(?>a)', 'a group that gives nothing back'],
  ['a++', 'a repeat that gives nothing back'],
  ['(a)?(?(1)b|c)', 'a condition'],
  [String.raw`\N{DIGIT ONE}`, 'a character by its name'],
])('%s is of Python alone', (pattern, part) => {
  expect(matched(pattern)).toContain(`has ${part}`);
});

test.each([
  ['a(', 'a ( is not closed, at 2'],
  ['a)', 'a ) closes nothing, at 1'],
  ['a**', 'what is repeated is repeated again, at 2'],
  ['(?<=a*)b', 'a look-behind must be of one width'],
  ['a(?i)', 'flags for all of it stand at its beginning'],
  ['(?L)a', 'the flag L is for bytes'],
])('%s is none: %s', (pattern, reason) => {
  expect(matched(pattern)).toContain(reason);
});

test('patterns of strangers come to an end', () => {
  const path = `${'a.'.repeat(60)}x`;
  for (const pattern of ['(.*.*)*y', '(a|a|.)+y', '((.*)*)*y', '(.*){99}y', `${'.*'.repeat(50)}y`]) {
    expect(matchPaths(pattern, [path])).toEqual([]);
  }
  const many = Array.from({ length: 1000 }, () => path);
  for (const pattern of [`${'(.*.*)*'.repeat(50)}y`, `${'.*'.repeat(5000)}y`])
    expect(() => matchPaths(pattern, many)).toThrow('takes too long');
  expect(() => matchPaths('('.repeat(1e5), [path])).toThrow('nested deeper than 100');
  expect(() => matchPaths('a'.repeat(2e5), [path])).toThrow('at most 100000 characters');
});
