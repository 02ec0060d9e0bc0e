/** What Python's `str.strip` takes for white space. JavaScript's `trim` lacks some of it, and takes U+FEFF. */
const WHITE_SPACE = '\t\n\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000';

const LEADING = new RegExp(`^[${WHITE_SPACE}]+`);
const WHITE = new RegExp(`[${WHITE_SPACE}]`);

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

/** Python's `str.capitalize`: the rest becomes lower case. */
export function capitalize(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

/** The character, of one or two UTF-16 units, that ends at `end`. */
function lastChar(text: string, end: number): string {
  const pair = text.slice(Math.max(0, end - 2), end);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? pair : text[end - 1]!;
}
