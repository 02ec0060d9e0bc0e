import type { Budget } from '../values/budget.js';
import { floatRepr, pythonStr } from './python-text.js';
import {
  Dict,
  isList,
  Markup,
  MOST_DIGITS,
  TemplateError,
  Tuple,
  typeName,
  UnsupportedError,
  type Value,
} from '../values/values.js';

/** More levels than this are an error in reading and writing; Python's own limit is a little below 1000. */
const DEEPEST = 500;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y;
const WORDS: readonly (readonly [string, Value])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];

/**
 * Reads a JSON text as Python's `json.loads` does: integers of any size, floats as such, and keys in their order.
 *
 * @throws TemplateError if it is not JSON.
 */
export function jsonLoads(text: string): Value {
  return new JsonReader(text).document();
}

class JsonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): Value {
    const value = this.value(0);
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private fail(): never {
    throw new TemplateError(`a variable is not JSON at character ${this.at + 1}`);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found;
  }

  private skip(char: string): boolean {
    this.match(SPACE);
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private expect(char: string): void {
    if (!this.skip(char)) this.fail();
  }

  private value(depth: number): Value {
    if (depth > DEEPEST) throw new TemplateError(`a variable is nested more than ${DEEPEST} deep`);
    this.match(SPACE);
    const value = this.bare(depth);
    this.match(SPACE);
    return value;
  }

  private bare(depth: number): Value {
    if (this.text[this.at] === '"') return this.string();
    if (this.skip('{')) {
      const entries: [Value, Value][] = [];
      this.items('}', () => {
        this.match(SPACE);
        const key = this.string();
        this.expect(':');
        entries.push([key, this.value(depth + 1)]);
      });
      return new Dict(entries);
    }
    if (this.skip('[')) {
      const items: Value[] = [];
      this.items(']', () => items.push(this.value(depth + 1)));
      return items;
    }
    const word = WORDS.find(([name]) => this.text.startsWith(name, this.at));
    if (word) {
      this.at += word[0].length;
      return word[1];
    }
    const number = this.match(NUMBER);
    if (!number) this.fail();
    const [whole, integer, fraction, exponent] = number;
    if (integer!.replace('-', '').length > MOST_DIGITS && whole === integer)
      throw new TemplateError(`a variable has an integer of more than ${MOST_DIGITS} digits`);
    return fraction === undefined && exponent === undefined ? BigInt(integer!) : Number(whole);
  }

  private items(end: string, item: () => void): void {
    if (this.skip(end)) return;
    do item();
    while (this.skip(','));
    this.expect(end);
  }

  private string(): string {
    const { text, at } = this;
    if (text[at] !== '"') this.fail();
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    this.at = end + 1;
    const quoted = text.slice(at, end + 1);
    if (!quoted.includes('\\')) return quoted.slice(1, -1);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      return this.fail();
    }
  }
}

/** The arguments of transformers' `tojson`. */
export interface JsonOptions {
  readonly ensureAscii: boolean;
  /** The indentation of a level. */
  readonly indent: string | undefined;
  readonly separators: readonly [item: string, key: string];
  readonly sortKeys: boolean;
}

/** Writes a value as Python's `json.dumps` does. @throws TemplateError for what JSON has no notation for. */
export function jsonDumps(value: Value, options: JsonOptions, budget: Budget): string {
  const text = dump(value, options, budget, 0);
  budget.text(text.length);
  return text;
}

function dump(value: Value, options: JsonOptions, budget: Budget, depth: number): string {
  budget.step();
  if (depth > DEEPEST) throw new UnsupportedError(`JSON nested more than ${DEEPEST} deep`);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return pythonStr(value, budget);
  if (typeof value === 'number') return jsonFloat(value);
  if (typeof value === 'string') return jsonString(value, options, budget);
  if (value instanceof Markup) return jsonString(value.text, options, budget);
  const enclosed = (open: string, items: readonly string[], close: string) => {
    if (items.length === 0) return open + close;
    const { indent, separators } = options;
    const space = indent === undefined ? 0 : 1 + indent.length * (depth + 1);
    const between = (separators[0].length + space) * items.length;
    budget.text(items.reduce((sum, item) => sum + item.length, between + space + 2));
    const [inner, outer] =
      indent === undefined ? ['', ''] : [`\n${indent.repeat(depth + 1)}`, `\n${indent.repeat(depth)}`];
    return open + inner + items.join(separators[0] + inner) + outer + close;
  };
  const items = isList(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (items) {
    const written = items.map((item) => dump(item, options, budget, depth + 1));
    return enclosed('[', written, ']');
  }
  if (value instanceof Dict) {
    const entries = Array.from(value.entries(), ([key, item]) => [keyText(key, budget), item] as const);
    if (options.sortKeys) {
      if (Array.from(value.keys()).some((key) => typeof key !== 'string'))
        throw new UnsupportedError('sorting keys that are no strings');
      entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    }
    const written = entries.map(
      ([key, item]) =>
        jsonString(key, options, budget) + options.separators[1] + dump(item, options, budget, depth + 1),
    );
    return enclosed('{', written, '}');
  }
  throw new TemplateError(`Object of type ${typeName(value)} is not JSON serializable`);
}

function keyText(key: Value, budget: Budget): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return String(key);
  if (typeof key === 'bigint') return pythonStr(key, budget);
  if (typeof key === 'number') return jsonFloat(key);
  throw new TemplateError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatRepr(value);
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f', '\b': '\\b',
}; // prettier-ignore

function jsonString(text: string, { ensureAscii }: JsonOptions, budget: Budget): string {
  budget.text(text.length);
  const escaped = text.replace(ensureAscii ? /["\\]|[^ -~]/g : /["\\\0-\x1f]/g, (char) => {
    return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
