import { endOfJsonString } from './duplicate-key.js';

/** Documents that people and programs write are a dozen levels deep. */
const MAX_DEPTH = 500;

const [QUOTE, OPEN_OBJECT, OPEN_LIST, CLOSE_OBJECT, CLOSE_LIST] = [...'"{[}]'].map((character) =>
  character.charCodeAt(0),
);

/** Whether brackets stand in more than `max` others. Of a text that is not JSON, it says something. */
function isDeeperThan(text: string, max: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfJsonString(text, i) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (++depth > max) return true;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--;
  }
  return false;
}

/**
 * Parses JSON of a file that others wrote. What is nested without end is refused: engines can read it, but whatever works
 * on it by recursion, `JSON.stringify` for one, runs out of stack.
 *
 * @throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (isDeeperThan(text, MAX_DEPTH)) throw new SyntaxError(`it is nested more than ${MAX_DEPTH} levels deep`);
  return JSON.parse(text);
}
