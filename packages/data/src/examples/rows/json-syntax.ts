const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** Documents that people and programs write are a dozen levels deep. */
const MAX_DEPTH = 1000;

/**
 * Where a text stops being JSON: the index of the first character that cannot stand there, or the text's length if it
 * ends too early; −1 if it is JSON, or nested so deeply that nobody should look further. Engines word their errors differently, and often leave the place out.
 *
 * Source: RFC 8259.
 */
export function jsonErrorAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: 'value' | 'first value' | 'key' | 'first key' | 'separator' = 'value';
  let i = matchEnd(SPACE, text, 0);
  while (true) {
    const char = text[i];
    const inner = open.at(-1);
    if (expected === 'separator') {
      if (inner === undefined) return i === text.length ? -1 : i;
      if (char === ',') expected = inner === '{' ? 'key' : 'value';
      else if (char === (inner === '{' ? '}' : ']')) open.pop();
      else return i;
      i++;
    } else if (expected === 'first key' && char === '}') {
      open.pop();
      expected = 'separator';
      i++;
    } else if (expected === 'key' || expected === 'first key') {
      const string = scanString(text, i);
      if (!string.ok) return string.end;
      i = matchEnd(SPACE, text, string.end);
      if (text[i] !== ':') return i;
      expected = 'value';
      i++;
    } else if (expected === 'first value' && char === ']') {
      open.pop();
      expected = 'separator';
      i++;
    } else if (char === '{' || char === '[') {
      open.push(char);
      if (open.length > MAX_DEPTH) return -1;
      expected = char === '{' ? 'first key' : 'first value';
      i++;
    } else {
      const { ok, end } = char === '"' ? scanString(text, i) : scanWord(text, i);
      if (!ok) return end;
      expected = 'separator';
      i = end;
    }
    i = matchEnd(SPACE, text, i);
  }
}

interface Scanned {
  readonly ok: boolean;
  /** Behind it, or the character that is wrong. */
  readonly end: number;
}

function scanString(text: string, start: number): Scanned {
  if (text[start] !== '"') return { ok: false, end: start };
  let i = start + 1;
  while (i < text.length) {
    const char = text[i]!;
    if (char === '"') return { ok: true, end: i + 1 };
    if (char < ' ') break;
    const end = char === '\\' ? matchEnd(ESCAPE, text, i) : i + 1;
    if (end < 0) break;
    i = end;
  }
  return { ok: false, end: i };
}

function scanWord(text: string, start: number): Scanned {
  const end = Math.max(matchEnd(NUMBER, text, start), matchEnd(WORD, text, start));
  return end < 0 ? { ok: false, end: start } : { ok: true, end };
}

/** Behind the match of a sticky pattern at `start`, or −1. */
function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
