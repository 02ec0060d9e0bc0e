import { execFileSync } from 'node:child_process';
import { shellWord } from './shell-word.js';

test.each([
  ['runs/a', 'runs/a'],
  ['/données/第1集/Ω.txt', '/données/第1集/Ω.txt'],
  ['org/model@v1.2', 'org/model@v1.2'],
  ['name=dir', 'name=dir'],
  ['my runs/a', "'my runs/a'"],
  ["Ida's", String.raw`'Ida'\''s'`],
  ['~/a', "'~/a'"],
  ['=ls', "'=ls'"],
  ['', "''"],
])('%j is written as %s', (text, word) => {
  expect(shellWord(text)).toBe(word);
});

const hasShell = process.platform !== 'win32';

(hasShell ? test : test.skip)('sh reads every word as what it stands for', () => {
  const ascii = Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1));
  const texts = [
    ...ascii,
    ...ascii.map((character) => `${character}a`),
    ...ascii.map((character) => `a${character}b`),
    ...['', '$HOME', '$(id)', '`id`', '~', '~/a', 'a=~', '{a,b}', '*', '[a]', '!!', "it's", "'", "''", '"'],
    ...[
      '\\',
      'a\\',
      '#a',
      'a #b',
      'a;b',
      'a&&b',
      'a|b',
      '<a>',
      'two\nlines',
      ' a ',
      'Ω 第1集 🦆',
      '-n',
      '--',
    ],
  ];
  const script = `for word in ${texts.map(shellWord).join(' ')}; do printf '%s\\0' "$word"; done`;
  // Where an unquoted `*` would find files.
  const printed = execFileSync('sh', ['-c', script], { cwd: '/', encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(texts);
});
