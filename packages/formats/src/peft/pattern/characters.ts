import type { PatternCursor } from './cursor.js';
import { CLASSES, foldCase, PLACES, textNode, type PatternFlags, type PatternNode } from './syntax.js';

const CONTROLS: Readonly<Record<string, string>> = {
  ...{ a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};
const ESCAPED_PLACES: Readonly<Record<string, keyof typeof PLACES>> = {
  A: 'start',
  Z: 'end',
  b: 'boundary',
  B: 'noBoundary',
};

/** Reads what begins with a backslash, outside of a set. */
export function parseEscape(parser: PatternCursor, flags: PatternFlags): PatternNode {
  const letter = parser.pattern[parser.index + 1] ?? '';
  const place = Object.hasOwn(ESCAPED_PLACES, letter) && ESCAPED_PLACES[letter];
  if (place) {
    parser.index += 2;
    return { kind: 'place', holds: PLACES[place] };
  }
  if (/[1-9]/.test(letter) && !parser.takeMatch(/(?=\\[1-7][0-7]{2})/y)) {
    throw parser.foreign(`a back reference, \\${letter}`);
  }
  const found = escaped(parser);
  return typeof found === 'string' ? textNode(found, flags) : { kind: 'character', accepts: found };
}

/** Reads a set such as `[^\s(]`. */
export function parseSet(parser: PatternCursor, { i: ignoreCase }: PatternFlags): PatternNode {
  parser.take('[');
  const negative = parser.take('^');
  const members: ((character: string) => boolean)[] = [];
  // A bracket that closes at once stands for itself.
  for (let first = true; first || parser.next !== ']'; first = false) {
    const from = setMember(parser);
    const isRange = parser.next === '-' && parser.pattern[parser.index + 1] !== ']';
    if (!isRange) {
      members.push(typeof from === 'string' ? (character) => character === from : from);
      continue;
    }
    parser.take('-');
    const to = setMember(parser);
    if (typeof from !== 'string' || typeof to !== 'string' || to < from) {
      throw parser.fault('a range of characters has no beginning or no end');
    }
    members.push((character) => from <= character && character <= to);
  }
  parser.take(']');
  const accepts = (character: string) => members.some((member) => member(character));
  // Letters of either case: those of a range cannot be folded at its ends.
  const fits = ignoreCase
    ? (character: string) =>
        accepts(character) ||
        accepts(foldCase(character)) ||
        accepts(character.toUpperCase()) ||
        (CASES[foldCase(character)] ?? []).some(accepts)
    : accepts;
  return { kind: 'character', accepts: (character) => fits(character) !== negative };
}

/** Letters that Python takes for the same as these. */
const CASES: Readonly<Record<string, readonly string[]>> = { s: ['ſ'], i: ['ı', 'İ'], k: ['K'] };

function setMember(parser: PatternCursor): string | ((character: string) => boolean) {
  const { next } = parser;
  if (next === undefined) throw parser.fault('a [ is not closed');
  if (next !== '\\') {
    parser.index++;
    return next;
  }
  if (parser.take('\\b')) return '\b';
  const octal = parser.takeMatch(/\\([0-7]{1,3})/y);
  return octal ? octalCharacter(parser, octal[1]!) : escaped(parser);
}

/** A character, or the test of a class of them, that is written with a backslash. */
function escaped(parser: PatternCursor): string | ((character: string) => boolean) {
  const octal = parser.takeMatch(/\\(0[0-7]{0,2}|[1-7][0-7]{2})/y);
  if (octal) return octalCharacter(parser, octal[1]!);
  const code = parser.takeMatch(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U(000[\da-fA-F]{5}|0010[\da-fA-F]{4}))/y,
  );
  if (code) return String.fromCodePoint(parseInt((code[1] ?? code[2] ?? code[3])!, 16));
  if (parser.take('\\N{')) throw parser.foreign('a character by its name, \\N{…}');
  const letter = parser.pattern[parser.index + 1];
  if (letter === undefined) throw parser.fault('a backslash ends it');
  parser.index += 2;
  if (Object.hasOwn(CLASSES, letter)) return CLASSES[letter]!;
  if (Object.hasOwn(CONTROLS, letter)) return CONTROLS[letter]!;
  if (/[A-Za-z0-9]/.test(letter)) throw parser.fault(`\\${letter} means nothing`);
  return letter;
}

function octalCharacter(parser: PatternCursor, digits: string): string {
  const code = parseInt(digits, 8);
  if (code > 0xff) throw parser.fault(`\\${digits} is more than \\377`);
  return String.fromCharCode(code);
}
