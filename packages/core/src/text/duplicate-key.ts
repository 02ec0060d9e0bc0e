const [QUOTE, BACKSLASH, OPEN, CLOSE, COLON, SPACE] = [...'"\\{}: '].map((character) =>
  character.charCodeAt(0),
) as [number, number, number, number, number, number];

/** An object with more keys than that is searched with a set. */
const FEW_KEYS = 16;

/**
 * The index after a JSON string, or the end of the text, if the string has none.
 *
 * @param start where the string begins: its quotation mark.
 */
export function endOfJsonString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((at - first) % 2 === 0) return at + 1;
  }
  return text.length;
}

function isBeforeColon(text: string, index: number): boolean {
  let at = index;
  while (text.charCodeAt(at) <= SPACE) at++;
  return text.charCodeAt(at) === COLON;
}

/**
 * The first key that an object of a JSON text has twice, at any depth, which `JSON.parse` passes over in silence.
 *
 * @param text valid JSON: only its strings, braces and colons are looked at.
 */
export function duplicateKey(text: string): string | undefined {
  /** Keys of the objects around this one, innermost last. */
  const around: (string[] | Set<string>)[] = [];
  let keys: string[] | Set<string> = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN) {
      around.push(keys);
      keys = [];
    } else if (code === CLOSE) {
      keys = around.pop()!;
    } else if (code === QUOTE) {
      const end = endOfJsonString(text, at);
      if (isBeforeColon(text, end)) {
        const written = text.slice(at + 1, end - 1);
        const key = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
        if (keys instanceof Set) {
          if (keys.has(key)) return key;
          keys.add(key);
        } else {
          if (keys.includes(key)) return key;
          keys.push(key);
          if (keys.length > FEW_KEYS) keys = new Set(keys);
        }
      }
      at = end - 1;
    }
  }
  return undefined;
}
