import { endOfJsonString } from './duplicate-key.js';

/** Documents that people and programs write are a dozen levels deep. */
const MAX_DEPTH = 500;

/**
 * More objects and lists than any document of a model has: the merges of the largest tokenizers are half a million lists. An
 * empty one takes two bytes to write and some 60 when it is parsed.
 */
const MAX_BRACKETS = 2 ** 21;

const [QUOTE, OPEN_OBJECT, OPEN_LIST, CLOSE_OBJECT, CLOSE_LIST] = [...'"{[}]'].map((character) =>
  character.charCodeAt(0),
);

/** A reason why a text is not parsed, if there is one. Of a text that is not JSON, it says something. */
function tooMuch(text: string): string | undefined {
  let depth = 0;
  let brackets = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfJsonString(text, i) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (++depth > MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} levels deep`;
      if (++brackets > MAX_BRACKETS) return `it has more than ${MAX_BRACKETS} objects and lists`;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--;
  }
  return undefined;
}

/**
 * Parses JSON of a file that others wrote. What is nested without end is refused: engines can read it, but whatever works
 * on it by recursion, `JSON.stringify` for one, runs out of stack. So are millions of objects, which fill memory.
 *
 * @throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  const reason = tooMuch(text);
  if (reason !== undefined) throw new SyntaxError(reason);
  return JSON.parse(text);
}
