/** What Python's `str.strip` takes for white space. JavaScript's `trim` lacks some of it, and takes U+FEFF. */
const WHITE_SPACE = '\t\n\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000';

const LEADING = new RegExp(`^[${WHITE_SPACE}]+`);
const WHITE = new RegExp(`[${WHITE_SPACE}]`);
const WORDS = new RegExp(`[^${WHITE_SPACE}]+`, 'g');

/** Whether Python's `str.isspace` holds for a character. */
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
  return text.replace(/[\p{Lu}\p{Ll}\p{Lt}]+/gu, (word) => {
    const [first = ''] = word;
    return titleCase(first) + word.slice(first.length).toLowerCase();
  });
}

/** Python's `str.split` without a separator, or `rsplit`. */
export function splitWhiteSpace(text: string, most: number, fromRight: boolean): string[] {
  const words = [...text.matchAll(WORDS)];
  if (words.length <= most + 1) return words.map(([word]) => word);
  const cut = fromRight ? words.length - most : most;
  const [first, rest] = [words.slice(0, cut), words.slice(cut)];
  const texts = (list: RegExpExecArray[]) => list.map(([word]) => word);
  if (!fromRight) return [...texts(first), text.slice(rest[0]!.index)];
  const last = first.at(-1)!;
  return [text.slice(0, last.index + last[0].length), ...texts(rest)];
}

/** Python's `str.splitlines`, which knows more line ends than others do. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines = [
    ...text.matchAll(/([^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*)(\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|$)/g),
  ];
  return lines.filter(([whole]) => whole !== '').map(([whole, line]) => (keepEnds ? whole : line!));
}

/** The character, of one or two UTF-16 units, that ends at `end`. */
function lastChar(text: string, end: number): string {
  const pair = text.slice(Math.max(0, end - 2), end);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? pair : text[end - 1]!;
}
