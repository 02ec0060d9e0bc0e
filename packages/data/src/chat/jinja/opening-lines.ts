/**
 * Lines, counted from 1, of everything `{% … %}` and `{{ … }}` of a template, in order. The Jinja engine keeps no
 * positions; with these, an error can say where it happened.
 */
export function openingLines(source: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let at = 0;
  /** Moves on, counting lines. */
  const moveTo = (end: number): void => {
    for (; at < end; at++) if (source[at] === '\n') line++;
  };
  const endOf = (text: string, from: number): number => {
    const found = source.indexOf(text, from);
    return found < 0 ? source.length : found + text.length;
  };
  while (at < source.length) {
    const opening = source.slice(at, at + 2);
    if (opening === '{#') moveTo(endOf('#}', at + 2));
    else if (opening === '{%' || opening === '{{') {
      lines.push(line);
      moveTo(endOfTag(source, at + 2, opening === '{%' ? '%}' : '}}'));
    } else moveTo(at + 1);
  }
  return lines;
}

/** Where a tag ends, leaving out what looks like its end within strings and dictionaries. */
function endOfTag(source: string, start: number, closing: string): number {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const char = source[i]!;
    if (char === '"' || char === "'") i = endOfString(source, i);
    else if (depth === 0 && source.startsWith(closing, i)) return i + closing.length;
    else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
  }
  return source.length;
}

/** Index of the closing quote. */
function endOfString(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === source[start]) return i;
  }
  return source.length;
}
