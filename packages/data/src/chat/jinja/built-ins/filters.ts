import { Bound } from '../values/arguments.js';
import { attributePath } from './attribute-path.js';
import { getAttribute } from './attributes.js';
import type { Budget } from '../values/budget.js';
import type { Filter } from './filter.js';
import { escapeHtml } from '../text/html.js';
import { jsonDumps } from '../text/json.js';
import { listFilters } from './list-filters.js';
import { toFloat, toInt } from './numbers.js';
import { isTrue } from './operators.js';
import { printf } from '../text/printf.js';
import { splitLines, strip, WHITE_SPACE } from '../text/python-strings.js';
import { pythonStr } from '../text/python-text.js';
import { roundedText } from '../text/rounding.js';
import { charsOf, iterate, lengthOf, listOf } from '../values/sequences.js';
import { applied, replaced } from './string-methods.js';
import {
  Dict,
  isInt,
  isNumber,
  itemsOf,
  Lazy,
  Markup,
  TemplateError,
  textOf,
  Tuple,
  typeName,
  Undefined,
  undefinedError,
  UnsupportedError,
  type Value,
} from '../values/values.js';

/** A filter of texts; other values are written as text first. */
function ofText(
  names: readonly string[],
  run: (text: string, bound: Bound, budget: Budget) => Value,
): Filter {
  return (value, args, { budget }) => {
    const text = pythonStr(value, budget);
    budget.text(text.length);
    return run(text, new Bound('filter', args, names), budget);
  };
}

const WORD_BEGINNINGS = new RegExp(`([-${WHITE_SPACE}({[<]+)`);

const length: Filter = (value, args, { budget }) => {
  new Bound('length', args, []);
  const found = lengthOf(value, budget);
  if (found === undefined) throw new TemplateError(`object of type '${typeName(value)}' has no len()`);
  return BigInt(found);
};

const byDefault: Filter = (value, args) => {
  const bound = new Bound('default', args, ['default_value', 'boolean']);
  const isMissing = value instanceof Undefined || (isTrue(bound.get('boolean') ?? false) && !isTrue(value));
  const other = bound.get('default_value');
  return isMissing ? (other === undefined ? '' : other) : value;
};

const escape: Filter = (value, args, { budget }) => {
  new Bound('escape', args, []);
  if (value instanceof Markup) return value;
  const escaped = escapeHtml(pythonStr(value, budget));
  budget.text(escaped.length);
  return new Markup(escaped);
};

const tojson: Filter = (value, args, { budget }) => {
  const bound = new Bound('tojson', args, ['ensure_ascii', 'indent', 'separators', 'sort_keys']);
  const indent = bound.optional('indent');
  const separators = itemsOf(bound.optional('separators'))?.map(textOf);
  if (bound.optional('separators') !== null && (separators?.length !== 2 || separators.includes(undefined))) {
    throw new TemplateError('tojson() expects two texts as separators');
  }
  return jsonDumps(
    value,
    {
      ensureAscii: isTrue(bound.optional('ensure_ascii')),
      indent:
        indent === null
          ? undefined
          : (textOf(indent) ?? ' '.repeat(Math.min(100, Math.max(0, bound.integer('indent'))))),
      separators: (separators as [string, string] | undefined) ?? [indent === null ? ', ' : ',', ': '],
      sortKeys: isTrue(bound.optional('sort_keys')),
    },
    budget,
  );
};

const indent = ((value, args, { budget }) => {
  const bound = new Bound('indent', args, ['width', 'first', 'blank']);
  const text = textOf(value);
  if (value instanceof Undefined) throw undefinedError(value);
  if (text === undefined || value instanceof Markup)
    throw new TemplateError(`cannot indent a ${typeName(value)}`);
  const space =
    textOf(bound.optional('width')) ?? ' '.repeat(Math.min(10_000, Math.max(0, bound.integer('width', 4))));
  const lines = splitLines(`${text}\n`, budget);
  budget.text(text.length + lines.length * (space.length + 1));
  const all = isTrue(bound.optional('blank'));
  const indented = lines.map((line, i) => (i > 0 && (line !== '' || all) ? space + line : line)).join('\n');
  return isTrue(bound.optional('first')) ? space + indented : indented;
}) satisfies Filter;

const round: Filter = (value, args) => {
  const bound = new Bound('round', args, ['precision', 'method']);
  const precision = bound.integer('precision', 0);
  if (value instanceof Undefined) throw undefinedError(value);
  if (!isNumber(value)) throw new TemplateError(`type ${typeName(value)} doesn't define __round__ method`);
  if (bound.get('method') !== undefined && bound.text('method') !== 'common') {
    throw new UnsupportedError(`round with the method ${bound.text('method')}`);
  }
  if (isInt(value)) {
    if (precision >= 0) return BigInt(value);
    throw new UnsupportedError('rounding to tens');
  }
  if (precision < 0 || precision > 50) throw new UnsupportedError(`rounding to ${precision} digits`);
  return Number(roundedText(value, precision));
};

const abs: Filter = (value, args) => {
  new Bound('abs', args, []);
  if (value instanceof Undefined) throw undefinedError(value);
  if (!isNumber(value)) throw new TemplateError(`bad operand type for abs(): '${typeName(value)}'`);
  if (!isInt(value)) return Math.abs(value);
  const integer = BigInt(value);
  return integer < 0n ? -integer : integer;
};

const format: Filter = (value, args, { budget }) => {
  if (args.named.size > 0) throw new UnsupportedError('format with names');
  return printf(pythonStr(value, budget), new Tuple(args.positional), budget);
};

const attr: Filter = (value, args, { budget }) => {
  const name = new Bound('attr', args, ['name']).text('name');
  if (value instanceof Undefined) throw new UnsupportedError('attr of what is not defined');
  // Not the item, unless that is an attribute, too.
  const plain = value instanceof Dict ? new Dict() : value;
  const found = getAttribute(plain, name, budget);
  return found instanceof Undefined ? found : getAttribute(value, name, budget);
};

function* pairs(value: Value): Generator<Value, void, undefined> {
  if (value instanceof Undefined) return;
  if (!(value instanceof Dict)) throw new TemplateError('Can only get item pairs from a mapping.');
  for (const [key, item] of value.entries()) yield new Tuple([key, item]);
}

const reverse: Filter = (value, args, { budget }) => {
  new Bound('reverse', args, []);
  const text = textOf(value);
  if (text !== undefined) return charsOf(text, budget).reverse().join('');
  return new Lazy(listOf(value, budget).reverse()[Symbol.iterator]());
};

/** Filters of Jinja2, and transformers' `tojson`. */
export const filters: Readonly<Record<string, Filter>> = {
  ...listFilters,
  length,
  count: length,
  default: byDefault,
  d: byDefault,
  escape,
  e: escape,
  tojson,
  indent,
  round,
  abs,
  format,
  attr,
  reverse,
  items: (value, args) => {
    new Bound('items', args, []);
    return new Lazy(pairs(value));
  },
  int: (value, args, { budget }) => toInt(value, new Bound('int', args, ['default', 'base']), budget),
  float: (value, args) => toFloat(value, new Bound('float', args, ['default'])),
  list: (value, args, { budget }) => {
    new Bound('list', args, []);
    return listOf(value, budget);
  },
  safe: (value, args, { budget }) => {
    new Bound('safe', args, []);
    return new Markup(pythonStr(value, budget));
  },
  string: (value, args, { budget }) => {
    new Bound('string', args, []);
    return value instanceof Markup ? value : pythonStr(value, budget);
  },
  trim: ofText(['chars'], (text, bound) => strip(text, bound.optionalText('chars'))),
  upper: ofText([], (text, _, budget) => applied('upper', text, budget)),
  lower: ofText([], (text, _, budget) => applied('lower', text, budget)),
  capitalize: ofText([], (text, _, budget) => applied('capitalize', text, budget)),
  title: ofText([], (text) =>
    text
      .split(WORD_BEGINNINGS)
      .map((word) => {
        const [first = ''] = word;
        return first.toUpperCase() + word.slice(first.length).toLowerCase();
      })
      .join(''),
  ),
  replace: (value, args, { budget }) => {
    const bound = new Bound('replace', args, ['old', 'new', 'count']);
    const texts = [value, bound.required('old'), bound.required('new')].map((each) =>
      pythonStr(each, budget),
    );
    const count = bound.optional('count') === null ? -1 : bound.integer('count');
    return replaced(texts[0]!, texts[1]!, texts[2]!, count, budget);
  },
  join: (value, args, { budget }) => {
    const bound = new Bound('join', args, ['d', 'attribute']);
    const between = pythonStr(bound.get('d') === undefined ? '' : bound.required('d'), budget);
    const at = attributePath(bound.optional('attribute'), budget);
    const parts: string[] = [];
    let size = 0;
    for (const item of iterate(value, budget)) {
      const part = pythonStr(at(item), budget);
      budget.checkLength((size += part.length + between.length));
      parts.push(part);
    }
    budget.text(size);
    return parts.join(between);
  },
};

/** Filters of Jinja2 that are not here. */
export const unsupportedFilters: ReadonlySet<string> = new Set([
  'center', 'filesizeformat', 'forceescape', 'pprint', 'random', 'slice', 'striptags', 'truncate', 'urlencode', 'urlize', 'wordcount',
  'wordwrap', 'xmlattr',
]); // prettier-ignore
