import { mayBacktrackForever } from './index.js';

test.each([
  ['GPT-2', String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`],
  [
    'Llama 3',
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  ],
  [
    'o200k',
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  ],
  [
    'CLIP',
    String.raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`,
  ],
  ['BLOOM', String.raw` ?[^(\s|[.,!?…。，、।۔،])]+`],
  [
    'DeepSeek',
    String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${'`'}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*`,
  ],
  ['a normalizer', ' {2,}'],
  ['line ends', String.raw`(?:\r?\n)+`],
  ['names of modules', String.raw`model\.layers\.\d+\.self_attn\.(q|k|v)_proj`],
  ['names by exclusion', String.raw`^(?!.*vision).*(?:q_proj|v_proj).*$`],
  [
    'names of several kinds',
    String.raw`(?:.*?(?:language|text).*?(?:self_attn|mlp).*?(?:k_proj|v_proj).*?)|(?:\bmodel\.layers\.[\d]{1,}\.(?:mlp)\.(?:up|down))`,
  ],
  ['brackets and braces that stand for themselves', String.raw`\(a+\)+[(a+)]+\{2,\}(?=x)a{2}`],
])('%s: comes to an end', (_, pattern) => {
  expect(mayBacktrackForever(pattern)).toBe(false);
});

test.each([
  ...[
    '(a+)+$',
    '(a*)*b',
    '(a|a)+b',
    '(a|aa)*c',
    '((a+))+',
    '(?:a+){10}',
    '(?:a|a){1,50}',
    '(x+x+)+y',
    '([a-z]+)*=',
  ],
  ...[
    '(a?a?)+b',
    '(?:(?:a|b)c?)+d',
    '(.*)*x',
    String.raw`(\w+\s?)+$`,
    String.raw`^(([a-z])+.)+[A-Z]([a-z])+$`,
    '(a{1,30})*',
  ],
  String.raw`(?<n>\p{L}+)+!`,
])('%s may not', (pattern) => {
  expect(mayBacktrackForever(pattern)).toBe(true);
});

test('of anything else, it says something', () => {
  for (const pattern of [
    '',
    '(',
    ')',
    '[',
    '\\',
    '((((',
    ')))+',
    '[]',
    '[^',
    '{',
    'a{',
    'a{1',
    '(?',
    '*+?',
    '\\p{',
    '('.repeat(1e5),
  ]) {
    expect(typeof mayBacktrackForever(pattern)).toBe('boolean');
  }
});
