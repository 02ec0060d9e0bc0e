import type { Random } from '@attune/core';

/** Texts that tokenizers' patterns split differently, and where their ideas of white space differ. */
const FRAGMENTS = [
  ' ', '  ', '     ', '\n', '\n\n', '\n \n', ' \n', '\r', '\r\n', '\t', '\t\t', '\u00a0', '\u3000', '\u0085', '\ufeff',
  '\u2028', '\v', "'", "'s", "'re", "'LL", ' \u2019t', "''", '"', '.', '...', '?!', '/', '--', '_', '=====', '世界', '你好。',
  '안녕', 'é', 'e\u0301', '\u0301', '😀', '👩\u200d🔬', '🇫🇷', '1', '12', '12345', '½', '٣', 'Ⅷ', 'a', 'I', 'word', 'Words',
  'don', 'def f(x):', '<|endoftext|>', '<|im_start|>', '\u0000', '\ufffd',
]; // prettier-ignore

/** A text that is hard to cut: `count` fragments in any order. */
export function hardText(random: Random, count: number): string {
  return Array.from({ length: count }, () => FRAGMENTS[random.integer(FRAGMENTS.length)]!).join('');
}
