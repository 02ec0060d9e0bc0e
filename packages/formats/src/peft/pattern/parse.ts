import { AttuneError } from '@attune/core';
import { parseEscape, parseSet } from './characters.js';
import { PatternCursor } from './cursor.js';
import { PLACES, textNode, widthOf, type PatternFlags, type PatternNode } from './syntax.js';

/** Longest pattern, and deepest nesting of groups, that is read. */
const MAX_LENGTH = 100_000;
const MAX_DEPTH = 100;

const NO_FLAGS: PatternFlags = { i: false, m: false, s: false, x: false };

/**
 * Reads a regular expression in the syntax of Python's `re`, of 3.11, for text. Back references, conditions, and groups
 * and repeats that give nothing back are refused by name: {@link matchesWhole} knows no order among matches.
 *
 * @throws AttuneError INVALID_ARGUMENT that says what is wrong, and where.
 */
export function parsePattern(pattern: string): PatternNode {
  if (pattern.length > MAX_LENGTH) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `A pattern has at most ${MAX_LENGTH} characters, but this one has ${pattern.length}.`,
    );
  }
  const parser = new PatternParser(pattern);
  // Flags for all of it stand at the very beginning.
  let flags = NO_FLAGS;
  const leading = /^\(\?([aiLmsux]+)\)/.exec(pattern);
  if (leading) {
    parser.index = leading[0].length;
    flags = parser.withFlags(flags, leading[1]!);
  }
  const node = parser.choice(flags, 0);
  if (parser.index < pattern.length) throw parser.fault('a ) closes nothing');
  return node;
}

/** Reads a pattern from left to right, by recursive descent. */
class PatternParser extends PatternCursor {
  withFlags(flags: PatternFlags, on: string, off = ''): PatternFlags {
    if (on.includes('L')) throw this.fault('the flag L is for bytes');
    if (on.includes('a') && on.includes('u')) throw this.fault('the flags a and u exclude each other');
    const has = (flag: keyof PatternFlags) => !off.includes(flag) && (flags[flag] || on.includes(flag));
    return { i: has('i'), m: has('m'), s: has('s'), x: has('x') };
  }

  choice(flags: PatternFlags, depth: number): PatternNode {
    if (depth > MAX_DEPTH) throw this.fault(`groups are nested deeper than ${MAX_DEPTH}`);
    const options = [this.sequence(flags, depth)];
    while (this.take('|')) options.push(this.sequence(flags, depth));
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  private sequence(flags: PatternFlags, depth: number): PatternNode {
    const parts: PatternNode[] = [];
    for (;;) {
      this.skip(flags);
      if (this.next === undefined || this.next === '|' || this.next === ')') break;
      parts.push(this.quantified(this.atom(flags, depth), flags));
    }
    const joined = joinTexts(parts);
    return joined.length === 1 ? joined[0]! : { kind: 'sequence', parts: joined };
  }

  /** Passes comments and, with the flag x, white space. */
  private skip({ x }: PatternFlags): void {
    while (this.takeMatch(x ? /\s+|#[^\n]*|\(\?#[^)]*\)/y : /\(\?#[^)]*\)/y));
  }

  private atom(flags: PatternFlags, depth: number): PatternNode {
    const character = this.next!;
    if (character === '(') return this.group(flags, depth);
    if (character === '[') return parseSet(this, flags);
    if (character === '\\') return parseEscape(this, flags);
    if (/[*+?]/.test(character) || this.quantifier(true)) throw this.fault('there is nothing to repeat');
    this.index++;
    switch (character) {
      case '.':
        return { kind: 'character', accepts: flags.s ? () => true : (one) => one !== '\n' };
      case '^':
        return { kind: 'place', holds: flags.m ? PLACES.lineStart : PLACES.start };
      case '$':
        return { kind: 'place', holds: flags.m ? PLACES.lineEnd : PLACES.lastEnd };
      default:
        return textNode(character, flags);
    }
  }

  private group(flags: PatternFlags, depth: number): PatternNode {
    const [opening, kind = ''] = this.takeMatch(
      /\((?:\?(P<[^\W\d]\w*>|[:=!]|<[=!]|[aiLmsux]*(?:-[imsx]+)?:))?/y,
    )!;
    if (opening === '(' && this.next === '?') throw this.unknownGroup();
    const isBack = kind.startsWith('<');
    const scoped = /^([a-zA-Z]*)(?:-([a-z]+))?:$/.exec(kind);
    const part = this.choice(scoped ? this.withFlags(flags, scoped[1]!, scoped[2]) : flags, depth + 1);
    if (!this.take(')')) throw this.fault('a ( is not closed');
    // A sequence of its own, so that what is repeated is the group, and not its last character.
    if (!/^<?[=!]$/.test(kind)) return { kind: 'sequence', parts: [part] };
    const negative = kind.endsWith('!');
    if (!isBack) return { kind: 'look', part, negative };
    const [least, most] = widthOf(part);
    if (least !== most) throw this.fault('a look-behind must be of one width');
    return { kind: 'look', part, negative, back: least };
  }

  private unknownGroup(): AttuneError {
    if (this.take('?P=')) return this.foreign('a back reference, (?P=…)');
    if (this.take('?>')) return this.foreign('a group that gives nothing back, (?>…)');
    if (this.take('?(')) return this.foreign('a condition, (?(…)…)');
    if (this.takeMatch(/\?[aiLmsux]+\)/y)) return this.fault('flags for all of it stand at its beginning');
    return this.fault('after (? comes none of : = ! <= <! P<name> # or flags');
  }

  private quantified(part: PatternNode, flags: PatternFlags): PatternNode {
    this.skip(flags);
    const quantifier = this.quantifier();
    if (!quantifier) return part;
    if (part.kind === 'place') throw this.fault('there is nothing to repeat');
    if (this.take('+')) throw this.foreign('a repeat that gives nothing back, as a*+');
    this.take('?');
    this.skip(flags);
    const { next } = this;
    if ((next !== undefined && /[*+?]/.test(next)) || this.quantifier(true)) {
      throw this.fault('what is repeated is repeated again');
    }
    const [min, max] = quantifier;
    if (max < min) throw this.fault(`at most ${max} is less than at least ${min}`);
    return { kind: 'repeat', part, min, max };
  }

  /** How often something is repeated, at least and at most. Braces with anything else in them stand for themselves. */
  private quantifier(peek = false): readonly [number, number] | undefined {
    const { index } = this;
    const match = this.takeMatch(/[*+?]|\{(\d+)(?:(,)(\d*))?\}|\{(,)(\d*)\}/y);
    if (peek) this.index = index;
    if (!match) return undefined;
    const [text, min = '0', comma, most, open, highest] = match;
    if (text === '*') return [0, Infinity];
    if (text === '+') return [1, Infinity];
    if (text === '?') return [0, 1];
    const least = Number(min);
    const limit = comma || open ? Number(most || highest || Infinity) : least;
    return [least, limit];
  }
}

/** Characters in a row, as one node. */
function joinTexts(parts: readonly PatternNode[]): PatternNode[] {
  const joined: PatternNode[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text' && part.ignoreCase === last.ignoreCase) {
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    } else joined.push(part);
  }
  return joined;
}
