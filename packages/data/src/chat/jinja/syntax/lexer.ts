import { isSpace, lstrip, rstrip, WHITE_SPACE } from '../text/python-strings.js';

/** A piece of a template. Text between tags is `data`; the rest is what stands within tags. */
export interface Token {
  readonly type:
    | 'data'
    | 'variable_begin'
    | 'variable_end'
    | 'block_begin'
    | 'block_end'
    | 'name'
    | 'string'
    | 'integer'
    | 'float'
    | 'operator'
    | 'end';
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A template that is not valid Jinja. */
export class TemplateSyntaxError extends Error {
  constructor(
    message: string,
    readonly line?: number,
  ) {
    super(message);
  }
}

const OPERATORS = [
  '//', '**', '==', '!=', '>=', '<=', '+', '-', '/', '*', '%', '~', '[', ']', '(', ')', '{', '}', '>', '<', '=', '.', ':', '|', ',', ';',
]; // prettier-ignore
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

const SPACE = new RegExp(`[${WHITE_SPACE}]+`, 'y');
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y;
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy;
const OPENING = /\{([%#{])([-+]?)/g;
const RAW = /\{%([-+]?)\s*raw\s*(-?)%\}/y;
const END_RAW = /\{%([-+]?)\s*endraw\s*(?:\+%\}|(-)%\}|%\}\n?)/g;
const END_COMMENT = /(?:\+|(-))?#\}/g;

/**
 * The tokens of a template, as Jinja2 cuts it with `trim_blocks` and `lstrip_blocks`: a block takes the white space before
 * it on its line, and the line end after it; a minus takes all white space on its side, a plus leaves it.
 *
 * Source: the syntax of Jinja2 3.1.
 *
 * @throws TemplateSyntaxError
 */
export function tokenize(template: string): Token[] {
  // One line end at the end is not part of a template.
  return new Lexer(template.replace(/\r\n?/g, '\n').replace(/\n$/, '')).tokens();
}

class Lexer {
  private readonly found: Token[] = [];
  private at = 0;
  private line = 1;
  private countedTo = 0;

  constructor(private readonly source: string) {}

  tokens(): Token[] {
    const { source } = this;
    while (this.at < source.length) {
      OPENING.lastIndex = this.at;
      const opening = OPENING.exec(source);
      if (!opening) {
        this.data(this.at, source.length);
        break;
      }
      const [whole, kind, sign] = opening;
      RAW.lastIndex = opening.index;
      const raw = kind === '%' ? RAW.exec(source) : null;
      this.textBefore(opening.index, kind!, sign!);
      if (raw) this.rawBlock(raw);
      else if (kind === '#') this.comment(opening.index + whole.length);
      else this.tag(opening.index, opening.index + whole.length, kind!);
    }
    this.add('end', '', source.length);
    return this.found;
  }

  private add(type: Token['type'], value: string, at: number): void {
    this.found.push({ type, value, line: this.lineAt(at) });
  }

  private lineAt(at: number): number {
    for (; this.countedTo < at; this.countedTo++) if (this.source[this.countedTo] === '\n') this.line++;
    return this.line;
  }

  private fail(message: string, at: number): never {
    throw new TemplateSyntaxError(message, this.lineAt(at));
  }

  private data(start: number, end: number): void {
    if (end > start) this.add('data', this.source.slice(start, end), start);
  }

  /** The text up to a tag, without the white space that the tag takes. */
  private textBefore(end: number, kind: string, sign: string): void {
    this.data(this.at, this.at + this.lengthBefore(this.source.slice(this.at, end), this.at, kind, sign));
    this.at = end;
  }

  private lengthBefore(text: string, start: number, kind: string, sign: string): number {
    if (sign === '-') return rstrip(text).length;
    if (sign === '+' || kind === '{') return text.length;
    const lineStart = text.lastIndexOf('\n') + 1;
    const startsLine = lineStart > 0 || start === 0 || this.source[start - 1] === '\n';
    return startsLine && lstrip(text.slice(lineStart)) === '' ? lineStart : text.length;
  }

  private rawBlock(raw: RegExpExecArray): void {
    const begin = raw.index + raw[0].length;
    END_RAW.lastIndex = begin;
    const end = END_RAW.exec(this.source);
    if (!end) this.fail('the raw block is not closed', raw.index);
    const start = raw[2] === '-' ? this.afterSpace(begin) : begin;
    const text = this.source.slice(start, Math.max(start, end.index));
    this.data(start, start + this.lengthBefore(text, start, '%', end[1]!));
    this.at = end.index + end[0].length;
    if (end[2] === '-') this.at = this.afterSpace(this.at);
  }

  private comment(begin: number): void {
    END_COMMENT.lastIndex = begin;
    const end = END_COMMENT.exec(this.source);
    if (!end) this.fail('a comment is not closed', begin);
    this.at = end.index + end[0].length;
    this.at = end[1] === '-' ? this.afterSpace(this.at) : this.afterLineEnd(end[0][0] === '+');
  }

  private afterLineEnd(isKept: boolean): number {
    return !isKept && this.source[this.at] === '\n' ? this.at + 1 : this.at;
  }

  private afterSpace(at: number): number {
    let end = at;
    while (end < this.source.length && isSpace(this.source[end]!)) end++;
    return end;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.source)?.[0];
  }

  private tag(start: number, begin: number, kind: string): void {
    const { source } = this;
    const [name, end] = kind === '%' ? (['block', '%}'] as const) : (['variable', '}}'] as const);
    this.add(`${name}_begin`, '', start);
    this.at = begin;
    const open: string[] = [];
    while (this.at < source.length) {
      const signed = source[this.at] === '-' || (kind === '%' && source[this.at] === '+') ? 1 : 0;
      if (open.length === 0 && source.startsWith(end, this.at + signed)) {
        this.add(`${name}_end`, '', this.at);
        const sign = signed ? source[this.at] : '';
        this.at += signed + end.length;
        if (sign === '-') this.at = this.afterSpace(this.at);
        else if (kind === '%') this.at = this.afterLineEnd(sign === '+');
        return;
      }
      this.inTag(open);
    }
    this.fail(open.length > 0 ? `'${open.at(-1)}' is not closed` : 'it ends within a tag', source.length);
  }

  private inTag(open: string[]): void {
    const { at, source } = this;
    const take = (type: Token['type'], text: string, value = text) => {
      this.add(type, value, at);
      this.at += text.length;
    };
    const space = this.match(SPACE);
    if (space !== undefined) {
      this.at += space.length;
      return;
    }
    const float = source[at - 1] === '.' ? undefined : this.match(FLOAT);
    if (float !== undefined) return take('float', float, float.replaceAll('_', ''));
    const integer = this.match(INTEGER);
    if (integer !== undefined) return take('integer', integer, integer.replaceAll('_', ''));
    const name = this.match(NAME);
    if (name !== undefined) return take('name', name);
    if (source[at] === '"' || source[at] === "'") return this.string(source[at]);
    const operator = OPERATORS.find((text) => source.startsWith(text, at));
    if (operator === undefined)
      this.fail(`unexpected ${JSON.stringify(String.fromCodePoint(source.codePointAt(at)!))}`, at);
    if ('([{'.includes(operator)) open.push(operator);
    const opener = CLOSES[operator];
    if (opener !== undefined && open.pop() !== opener) this.fail(`unexpected '${operator}'`, at);
    take('operator', operator);
  }

  private string(quote: string): void {
    const start = this.at;
    let end = start + 1;
    while (end < this.source.length && this.source[end] !== quote) end += this.source[end] === '\\' ? 2 : 1;
    if (end >= this.source.length) this.fail('a string is not closed', start);
    this.add('string', this.unescaped(this.source.slice(start + 1, end), start), start);
    this.at = end + 1;
  }

  /** A string literal's text, by Python's escapes: an unknown one stays as it is. */
  private unescaped(text: string, at: number): string {
    const escape = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(\n|[^]))/g;
    return text.replace(
      escape,
      (whole, octal?: string, x?: string, u?: string, long?: string, char?: string): string => {
        if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
        const hex = x ?? u ?? long;
        if (hex !== undefined) {
          const code = parseInt(hex, 16);
          return code <= 0x10ffff ? String.fromCodePoint(code) : this.fail(`illegal character ${whole}`, at);
        }
        if ('xuUN'.includes(char!)) this.fail(`the escape ${whole} is not supported`, at);
        return Object.hasOwn(ESCAPES, char!) ? ESCAPES[char!]! : whole;
      },
    );
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '', '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v',
}; // prettier-ignore
