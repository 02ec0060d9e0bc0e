import { NO_ARGS, Bound } from '../values/arguments.js';
import type { Budget } from '../values/budget.js';
import { formatted } from '../text/format.js';
import {
  capitalize,
  isSpace,
  lstrip,
  pythonLower,
  pythonTitle,
  rstrip,
  splitLines,
  splitWhiteSpace,
  strip,
} from '../text/python-strings.js';
import { iterate, lengthOf } from '../values/sequences.js';
import {
  TemplateError,
  textOf,
  Tuple,
  typeName,
  UnsupportedError,
  type Args,
  type Value,
} from '../values/values.js';

type Method = (text: string, args: Args, budget: Budget) => Value;

/** A method of Python's `str`, by name. `undefined` if Python has none. @throws UnsupportedError if only Python has it. */
export function stringMethod(name: string): Method | undefined {
  if (Object.hasOwn(METHODS, name)) return METHODS[name];
  if (OTHERS.has(name)) throw new UnsupportedError(`the method str.${name}`);
  return undefined;
}

const OTHERS: ReadonlySet<string> = new Set([
  'encode', 'expandtabs', 'format_map', 'isdecimal', 'isidentifier', 'isnumeric', 'isprintable', 'istitle', 'maketrans',
  'swapcase', 'translate', 'casefold',
]); // prettier-ignore

function stripping(name: string, by: (text: string, chars?: string) => string): Method {
  return (text, args) => by(text, new Bound(name, args, ['chars']).optionalText('chars'));
}

function plain(by: (text: string) => Value): Method {
  return (text, args) => {
    new Bound('str', args, []);
    return by(text);
  };
}

/** Python's start and end of a search, as UTF-16 indices; only whole texts and texts of simple characters are searched. */
function range(text: string, bound: Bound, budget: Budget): readonly [string, number] {
  const start = bound.optional('start') === null ? 0 : bound.integer('start');
  const end = bound.optional('end') === null ? Infinity : bound.integer('end');
  if (start === 0 && end === Infinity) return [text, 0];
  const chars = Array.from(text);
  budget.list(chars.length);
  const from = start < 0 ? Math.max(0, start + chars.length) : start;
  const to = end < 0 ? Math.max(0, end + chars.length) : end;
  // Beyond the end, even an empty text is not found.
  if (from > chars.length) throw new UnsupportedError('a search that starts beyond the end');
  return [chars.slice(from, Math.max(from, to)).join(''), from];
}

function affix(name: 'startsWith' | 'endsWith'): Method {
  return (text, args, budget) => {
    const bound = new Bound(name.toLowerCase(), args, ['affix', 'start', 'end']);
    const [part] = range(text, bound, budget);
    const given = bound.required('affix');
    const all = given instanceof Tuple ? given.items : [given];
    return all.some((each) => {
      const affix = textOf(each);
      budget.step(1 + ((affix?.length ?? 0) >>> 6));
      if (affix !== undefined) return part[name](affix);
      throw new TemplateError(
        `${name.toLowerCase()} first arg must be str or a tuple of str, not ${typeName(each)}`,
      );
    });
  };
}

function finding(name: string, last: boolean, throws: boolean): Method {
  return (text, args, budget) => {
    const bound = new Bound(name, args, ['sub', 'start', 'end']);
    const [part, offset] = range(text, bound, budget);
    const sub = bound.text('sub');
    budget.search(part, sub);
    const at = last ? part.lastIndexOf(sub) : part.indexOf(sub);
    if (at < 0 && throws) throw new TemplateError('substring not found');
    return at < 0 ? -1n : BigInt(offset + lengthOf(part.slice(0, at), budget)!);
  };
}

function splitting(name: 'split' | 'rsplit'): Method {
  return (text, args, budget) => {
    const bound = new Bound(name, args, ['sep', 'maxsplit']);
    const separator = bound.optionalText('sep');
    const most = bound.integer('maxsplit', -1);
    const fromRight = name === 'rsplit';
    if (separator === '') throw new TemplateError('empty separator');
    if (separator !== undefined) budget.search(text, separator);
    const parts =
      separator === undefined
        ? splitWhiteSpace(text, most < 0 ? Infinity : most, fromRight, budget)
        : limited(text.split(separator), separator, most < 0 ? Infinity : most, fromRight);
    budget.list(parts.length);
    return parts;
  };
}

/** Parts of a text, of which all beyond the limit are put together again. */
function limited(parts: string[], separator: string, most: number, fromRight: boolean): string[] {
  if (parts.length <= most + 1) return parts;
  return fromRight
    ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)];
}

function partitioning(name: string, last: boolean): Method {
  return (text, args, budget) => {
    const separator = new Bound(name, args, ['sep']).text('sep');
    if (separator === '') throw new TemplateError('empty separator');
    budget.search(text, separator);
    const at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) return new Tuple(last ? ['', '', text] : [text, '', '']);
    return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
  };
}

function aligning(name: string, sides: readonly [left: boolean, right: boolean]): Method {
  return (text, args, budget) => {
    const bound = new Bound(name, args, ['width', 'fillchar']);
    const fill = bound.get('fillchar') === undefined ? ' ' : bound.text('fillchar');
    if (Array.from(fill).length !== 1)
      throw new TemplateError('The fill character must be exactly one character long');
    const width = bound.integer('width');
    const missing = Math.max(0, width - lengthOf(text, budget)!);
    budget.text(text.length + missing);
    const left = sides[0] && sides[1] ? (missing >> 1) + (missing & width & 1) : sides[0] ? missing : 0;
    return fill.repeat(left) + text + fill.repeat(missing - left);
  };
}

function consistsOf(pattern: RegExp): Method {
  return plain((text) => pattern.test(text));
}

function replace(text: string, args: Args, budget: Budget): Value {
  const bound = new Bound('replace', args, ['old', 'new', 'count']);
  return replaced(text, bound.text('old'), bound.text('new'), bound.integer('count', -1), budget);
}

/** Python's `str.replace`. @param most how many are replaced; all of them where it is negative. */
export function replaced(text: string, old: string, by: string, most: number, budget: Budget): string {
  budget.search(text, old);
  const parts = old === '' ? ['', ...Array.from(text), ''] : text.split(old);
  budget.list(parts.length);
  const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  budget.text(text.length + count * by.length);
  return (
    parts.slice(0, count + 1).join(by) +
    parts
      .slice(count + 1)
      .map((part) => old + part)
      .join('')
  );
}

function join(text: string, args: Args, budget: Budget): Value {
  const items = Array.from(
    iterate(new Bound('join', args, ['iterable']).required('iterable'), budget),
    (item, i) => {
      const part = textOf(item);
      if (part !== undefined) return part;
      throw new TemplateError(`sequence item ${i}: expected str instance, ${typeName(item)} found`);
    },
  );
  budget.list(items.length);
  budget.text(items.reduce((sum, item) => sum + item.length + text.length, 0));
  return items.join(text);
}

const METHODS: Readonly<Record<string, Method>> = {
  strip: stripping('strip', strip),
  lstrip: stripping('lstrip', lstrip),
  rstrip: stripping('rstrip', rstrip),
  upper: plain((text) => text.toUpperCase()),
  lower: plain(pythonLower),
  capitalize: plain(capitalize),
  title: plain(pythonTitle),
  split: splitting('split'),
  rsplit: splitting('rsplit'),
  partition: partitioning('partition', false),
  rpartition: partitioning('rpartition', true),
  startswith: affix('startsWith'),
  endswith: affix('endsWith'),
  find: finding('find', false, false),
  rfind: finding('rfind', true, false),
  index: finding('index', false, true),
  rindex: finding('rindex', true, true),
  center: aligning('center', [true, true]),
  ljust: aligning('ljust', [false, true]),
  rjust: aligning('rjust', [true, false]),
  replace,
  join,
  format: formatted,
  splitlines(text, args, budget) {
    const keepEnds = new Bound('splitlines', args, ['keepends']).optional('keepends') === true;
    return splitLines(text, budget, keepEnds);
  },
  count(text, args, budget) {
    const bound = new Bound('count', args, ['sub', 'start', 'end']);
    const [part] = range(text, bound, budget);
    const sub = bound.text('sub');
    budget.search(part, sub);
    return BigInt(sub === '' ? lengthOf(part, budget)! + 1 : part.split(sub).length - 1);
  },
  removeprefix(text, args) {
    const prefix = new Bound('removeprefix', args, ['prefix']).text('prefix');
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  removesuffix(text, args) {
    const suffix = new Bound('removesuffix', args, ['suffix']).text('suffix');
    return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  },
  zfill(text, args, budget) {
    const missing = Math.max(
      0,
      new Bound('zfill', args, ['width']).integer('width') - lengthOf(text, budget)!,
    );
    budget.text(text.length + missing);
    const sign = /^[-+]/.exec(text)?.[0] ?? '';
    return sign + '0'.repeat(missing) + text.slice(sign.length);
  },
  isalpha: consistsOf(/^\p{L}+$/u),
  isalnum: consistsOf(/^[\p{L}\p{N}]+$/u),
  isascii: plain((text) => !/[\u0080-\uffff]/.test(text)),
  isspace: plain((text) => text !== '' && Array.from(text).every(isSpace)),
  isupper: plain((text) => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text)),
  islower: plain((text) => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text)),
  isdigit: plain((text) => {
    if (/\p{No}/u.test(text)) throw new UnsupportedError('isdigit() of numerals');
    return /^\p{Nd}+$/u.test(text);
  }),
};

/** Applies a method without arguments: what filters of the same name do. */
export function applied(name: 'upper' | 'capitalize' | 'lower', text: string, budget: Budget): string {
  budget.text(text.length);
  return METHODS[name]!(text, NO_ARGS, budget) as string;
}
