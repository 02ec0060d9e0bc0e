import type { Budget } from '../values/budget.js';

/** The white space of Python's `str.strip`. JavaScript's `trim` lacks some of it, and takes U+FEFF. */
export const WHITE_SPACE = '\t\n\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000';

const LEADING = new RegExp(`^[${WHITE_SPACE}]+`);
const WHITE = new RegExp(`[${WHITE_SPACE}]`);
const WORDS = new RegExp(`[^${WHITE_SPACE}]+`, 'g');

/** True if Python's `str.isspace` holds for a character. */
export function isSpace(char: string): boolean {
  return WHITE.test(char);
}

/** Python's `str.lstrip`: without any of `chars` at the begin. */
export function lstrip(text: string, chars?: string): string {
  if (chars === undefined) return text.replace(LEADING, '');
  const taken = new Set(chars);
  let start = 0;
  for (const char of text) {
    if (!taken.has(char)) break;
    start += char.length;
  }
  return text.slice(start);
}

/** Python's `str.rstrip`: without any of `chars` at the end. */
export function rstrip(text: string, chars?: string): string {
  const taken = chars === undefined ? undefined : new Set(chars);
  let end = text.length;
  while (end > 0) {
    const last = lastChar(text, end);
    if (!(taken ? taken.has(last) : WHITE.test(last))) break;
    end -= last.length;
  }
  return text.slice(0, end);
}

/** Python's `str.strip`. */
export function strip(text: string, chars?: string): string {
  return rstrip(lstrip(text, chars), chars);
}

/** Letters of two that have a form for the begin of a word. */
const TITLE_CASE: Readonly<Record<string, string>> = {
  ǆ: 'ǅ',
  Ǆ: 'ǅ',
  ǉ: 'ǈ',
  Ǉ: 'ǈ',
  ǌ: 'ǋ',
  Ǌ: 'ǋ',
  ǳ: 'ǲ',
  Ǳ: 'ǲ',
};

/** A character as a word begins with it: of "ß", only the first of the two is a capital. */
function titleCase(char: string): string {
  const [first = '', ...rest] = TITLE_CASE[char] ?? char.toUpperCase();
  return first + rest.join('').toLowerCase();
}

/** Python's `str.capitalize`: the rest becomes lower case. */
export function capitalize(text: string): string {
  const [first = ''] = text;
  return titleCase(first) + pythonLower(text).slice(pythonLower(first).length);
}

/** Python's `str.lower`. */
export function pythonLower(text: string): string {
  return text.toLowerCase();
}

/** Python's `str.title`: a letter begins a word unless it follows one. */
export function pythonTitle(text: string): string {
  return text.replace(/[\p{Uppercase}\p{Lowercase}\p{Lt}]+/gu, (word) => {
    const [first = ''] = word;
    // Of the whole word, since a sigma at its end depends on what precedes it.
    return titleCase(first) + pythonLower(word).slice(pythonLower(first).length);
  });
}

/** Python's `str.split` without a separator, or `rsplit`. */
export function splitWhiteSpace(text: string, most: number, fromRight: boolean, budget: Budget): string[] {
  const words: string[] = [];
  // Where the first word that stays with the rest begins, or the last one ends.
  const ends: number[] = [];
  let begin: number | undefined;
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    budget.list(1);
    if (words.length === most) begin = index;
    words.push(word);
    if (fromRight) ends.push(index + word.length);
  }
  if (words.length <= most + 1) return words;
  if (!fromRight) return [...words.slice(0, most), text.slice(begin)];
  const cut = words.length - most;
  return [text.slice(0, ends[cut - 1]), ...words.slice(cut)];
}

/** Python's `str.splitlines`, which knows more line ends than others do. */
export function splitLines(text: string, budget: Budget, keepEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g)) {
    budget.list(1);
    const next = index + end.length;
    lines.push(text.slice(start, keepEnds ? next : index));
    start = next;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** The character, of one or two UTF-16 units, that ends at `end`. */
function lastChar(text: string, end: number): string {
  const pair = text.slice(Math.max(0, end - 2), end);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? pair : text[end - 1]!;
}
