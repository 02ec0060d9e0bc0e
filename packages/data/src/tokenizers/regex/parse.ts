import { ANY, type RegexNode } from './syntax.js';

/** Longest expression, and deepest nesting of groups, that is read. */
const MAX_LENGTH = 20_000;
const MAX_DEPTH = 100;

/** Says what an expression has that is not supported, or too much of. */
export class UnsupportedPattern extends Error {}

const CLASS = /\[(?:\\[^]|[^\]\\])*\]/uy;
const GROUP = /\((?:\?(?:([:=!])|<([=!])|<[^>=!][^>]*>))?/uy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\?)?/uy;
const SYNTAX = new Set('*+?{}[]()|\\');

/** Escapes that stand for one character, a pair of surrogates among them. */
const ESCAPE =
  /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u\{[\da-fA-F]+\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|0(?!\d)|[dDsSwWfnrtv]|[$^\\.*+?()[\]{}|/-])/uy;

/**
 * Reads the source of a JavaScript expression with the flag `u` that JavaScript itself accepts.
 *
 * @throws UnsupportedPattern for what needs more than positions: back references, and for what is too long or too deep.
 */
export function parseRegex(source: string): RegexNode {
  if (source.length > MAX_LENGTH) {
    throw new UnsupportedPattern(`it has ${source.length} characters, of at most ${MAX_LENGTH}`);
  }
  const parser = new Parser(source);
  const node = parser.choice(0);
  if (parser.index < source.length) throw parser.unsupported();
  return node;
}

class Parser {
  index = 0;

  constructor(private readonly source: string) {}

  choice(depth: number): RegexNode {
    if (depth > MAX_DEPTH) throw new UnsupportedPattern(`its groups nest deeper than ${MAX_DEPTH}`);
    const options = [this.sequence(depth)];
    while (this.take('|')) options.push(this.sequence(depth));
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  unsupported(): UnsupportedPattern {
    const part = JSON.stringify(this.source.slice(this.index, this.index + 12));
    const isReference = /^\\(?:[1-9]|k<)/.test(this.source.slice(this.index, this.index + 3));
    return new UnsupportedPattern(
      isReference ? `${part} refers to what a group matched` : `${part} is not supported`,
    );
  }

  private sequence(depth: number): RegexNode {
    const parts: RegexNode[] = [];
    while (this.index < this.source.length && !this.follows('|') && !this.follows(')')) {
      parts.push(this.quantified(this.atom(depth)));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  private atom(depth: number): RegexNode {
    if (this.take('^')) return { kind: 'look', part: ANY, behind: true, negative: true };
    if (this.take('$')) return { kind: 'look', part: ANY, behind: false, negative: true };
    if (this.follows('(')) return this.group(depth);
    const [source] = this.match(CLASS) ?? this.match(ESCAPE) ?? [];
    if (source !== undefined) return { kind: 'character', source };
    const char = String.fromCodePoint(this.source.codePointAt(this.index)!);
    if (SYNTAX.has(char)) throw this.unsupported();
    this.index += char.length;
    return { kind: 'character', source: char };
  }

  private group(depth: number): RegexNode {
    const [, ahead, behind] = this.match(GROUP)!;
    const part = this.choice(depth + 1);
    if (!this.take(')')) throw this.unsupported();
    const sign = behind ?? (ahead === ':' ? undefined : ahead);
    return sign === undefined
      ? part
      : { kind: 'look', part, behind: behind !== undefined, negative: sign === '!' };
  }

  private quantified(part: RegexNode): RegexNode {
    const found = this.match(QUANTIFIER);
    if (!found) return part;
    const [, sign, count, comma, most, lazy] = found;
    const min = sign === undefined ? Number(count) : sign === '+' ? 1 : 0;
    const max =
      sign === undefined
        ? comma
          ? most
            ? Number(most)
            : Infinity
          : Number(count)
        : sign === '?'
          ? 1
          : Infinity;
    return { kind: 'repeat', part, min, max, lazy: lazy !== undefined };
  }

  private follows(text: string): boolean {
    return this.source.startsWith(text, this.index);
  }

  private take(text: string): boolean {
    const follows = this.follows(text);
    if (follows) this.index += text.length;
    return follows;
  }

  private match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.index;
    const match = expression.exec(this.source);
    if (match) this.index += match[0].length;
    return match;
  }
}
