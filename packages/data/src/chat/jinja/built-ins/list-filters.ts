import { Bound } from '../values/arguments.js';
import { attributePath } from './attribute-path.js';
import type { Budget } from '../values/budget.js';
import type { Filter, FilterContext } from './filter.js';
import { arithmetic, areEqual, isTrue, order } from './operators.js';
import { pythonLower } from '../text/python-strings.js';
import { charsOf, iterate, listOf } from '../values/sequences.js';
import {
  Dict,
  itemsOf,
  Lazy,
  Range,
  TemplateError,
  textOf,
  Tuple,
  typeName,
  Undefined,
  UnsupportedError,
  View,
  type Args,
  type Value,
} from '../values/values.js';

const SORTING = ['reverse', 'case_sensitive', 'attribute'];

/** The key by which values are sorted and told apart: an attribute, and texts in lower case. */
function keyOf(bound: Bound, budget: Budget): (item: Value) => Value {
  const attribute = bound.optional('attribute');
  if (textOf(attribute)?.includes(',')) throw new UnsupportedError('sorting by several attributes');
  const at = attributePath(attribute, budget);
  const isExact = isTrue(bound.optional('case_sensitive'));
  return (item) => {
    const key = at(item);
    return isExact ? key : lowered(key, budget);
  };
}

/** A text in lower case; other values are left as they are. */
function lowered(value: Value, budget: Budget): Value {
  if (typeof value !== 'string') return value;
  budget.text(value.length);
  return pythonLower(value);
}

/** Python's `sorted`, which keeps the order of what is equal, also where it is reversed. */
function sorted(
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  isReversed: boolean,
  budget: Budget,
): Value[] {
  budget.list(2 * items.length);
  const keyed = items.map((item) => [keyOf(item), item] as const);
  keyed.sort(([a], [b]) => (isReversed ? order(b, a, budget) : order(a, b, budget)));
  return keyed.map(([, item]) => item);
}

const sort: Filter = (value, args, { budget }) => {
  const bound = new Bound('sort', args, SORTING);
  const key = keyOf(bound, budget);
  // A list, in which what is equal needs no order.
  return sorted(listOf(value, budget), (item) => [key(item)], isTrue(bound.optional('reverse')), budget);
};

const dictsort: Filter = (value, args, { budget }) => {
  const bound = new Bound('dictsort', args, ['case_sensitive', 'by', 'reverse']);
  const by = bound.get('by') === undefined ? 'key' : bound.text('by');
  if (by !== 'key' && by !== 'value') throw new TemplateError('You can only sort by either "key" or "value"');
  if (!(value instanceof Dict))
    throw new TemplateError(`'${typeName(value)}' object has no attribute 'items'`);
  budget.list(2 * value.size);
  const items = Array.from(value.entries(), ([key, item]) => new Tuple([key, item]));
  const isExact = isTrue(bound.optional('case_sensitive'));
  const key = (item: Value) => {
    const found = (item as Tuple).items[by === 'key' ? 0 : 1]!;
    return isExact ? found : lowered(found, budget);
  };
  return sorted(items, key, isTrue(bound.optional('reverse')), budget);
};

function extreme(name: 'min' | 'max'): Filter {
  return (value, args, { budget }) => {
    const key = keyOf(new Bound(name, args, ['case_sensitive', 'attribute']), budget);
    let best: readonly [key: Value, item: Value] | undefined;
    for (const item of iterate(value, budget)) {
      const own = key(item);
      const isBetter =
        !best || (name === 'min' ? order(own, best[0], budget) < 0 : order(own, best[0], budget, '>') > 0);
      if (isBetter) best = [own, item];
    }
    return best ? best[1] : new Undefined('No aggregated item, sequence was empty.');
  };
}

function* unique(value: Value, args: Args, { budget }: FilterContext): Generator<Value, void, undefined> {
  const key = keyOf(new Bound('unique', args, ['case_sensitive', 'attribute']), budget);
  const seen = new Set<Value>();
  for (const item of iterate(value, budget)) {
    const own = key(item);
    if (typeof own !== 'string') throw new UnsupportedError(`unique of ${typeName(own)}`);
    if (seen.has(own)) continue;
    budget.list(1);
    seen.add(own);
    yield item;
  }
}

function* map(value: Value, args: Args, context: FilterContext): Generator<Value, void, undefined> {
  const { budget } = context;
  // What is false has no items, whatever it is.
  if (!isTrue(value)) return;
  const [name, ...rest] = args.positional;
  let apply: (item: Value) => Value;
  if (name === undefined) {
    const bound = new Bound('map', args, ['attribute', 'default']);
    const at = attributePath(bound.required('attribute'), budget, bound.optional('default'));
    apply = at;
  } else {
    const filter = textOf(name);
    if (filter === undefined) throw new TemplateError('map requires a filter argument');
    apply = (item) => context.filter(filter, item, { positional: rest, named: args.named });
  }
  for (const item of iterate(value, budget)) yield apply(item);
}

function selecting(isWanted: boolean, byAttribute: boolean): Filter {
  function* selected(value: Value, args: Args, context: FilterContext): Generator<Value, void, undefined> {
    const { budget } = context;
    if (!isTrue(value)) return;
    const given = [...args.positional];
    const attribute = byAttribute ? given.shift() : null;
    if (attribute === undefined) throw new TemplateError('Missing parameter for attribute name');
    const at = attributePath(attribute, budget);
    const name = given.shift();
    const test = name === undefined ? undefined : textOf(name);
    if (name !== undefined && test === undefined) throw new TemplateError('the name of a test is a text');
    for (const item of iterate(value, budget)) {
      const found = at(item);
      const holds =
        test === undefined
          ? isTrue(found)
          : context.test(test, found, { positional: given, named: args.named });
      if (holds === isWanted) yield item;
    }
  }
  return (value, args, context) => new Lazy(selected(value, args, context));
}

const groupby: Filter = (value, args, { budget }) => {
  const bound = new Bound('groupby', args, ['attribute', 'default', 'case_sensitive']);
  const at = attributePath(bound.required('attribute'), budget, bound.optional('default'));
  const isExact = isTrue(bound.optional('case_sensitive'));
  const key = (item: Value) => {
    const found = at(item);
    return isExact ? found : lowered(found, budget);
  };
  const groups: [Value, Value[]][] = [];
  for (const item of sorted(listOf(value, budget), key, false, budget)) {
    const own = key(item);
    const last = groups.at(-1);
    if (last && areEqual(last[0], own, budget)) last[1].push(item);
    else groups.push([own, [item]]);
  }
  return groups.map(([, items]) => new Tuple([at(items[0]!), items]));
};

const last: Filter = (value, args, { budget }) => {
  new Bound('last', args, []);
  const text = textOf(value);
  const items =
    text !== undefined
      ? charsOf(text, budget)
      : value instanceof Dict ||
          value instanceof Range ||
          value instanceof View ||
          value instanceof Undefined ||
          itemsOf(value)
        ? listOf(value, budget)
        : undefined;
  if (!items) throw new TemplateError(`'${typeName(value)}' object is not reversible`);
  return items.at(-1) ?? (items.length > 0 ? null : new Undefined('No last item, sequence was empty.'));
};

function* batch(value: Value, args: Args, { budget }: FilterContext): Generator<Value, void, undefined> {
  const bound = new Bound('batch', args, ['linecount', 'fill_with']);
  const count = bound.integer('linecount');
  if (bound.optional('fill_with') !== null) throw new UnsupportedError('batch with fill_with');
  let part: Value[] = [];
  for (const item of iterate(value, budget)) {
    if (part.length === count) {
      yield part;
      part = [];
    }
    budget.list(1);
    part.push(item);
  }
  if (part.length > 0) yield part;
}

/** Filters of lists. */
export const listFilters: Readonly<Record<string, Filter>> = {
  sort,
  dictsort,
  groupby,
  last,
  min: extreme('min'),
  max: extreme('max'),
  unique: (value, args, context) => new Lazy(unique(value, args, context)),
  map: (value, args, context) => new Lazy(map(value, args, context)),
  batch: (value, args, context) => new Lazy(batch(value, args, context)),
  select: selecting(true, false),
  reject: selecting(false, false),
  selectattr: selecting(true, true),
  rejectattr: selecting(false, true),
  first: (value, args, { budget }) => {
    new Bound('first', args, []);
    for (const item of iterate(value, budget)) return item;
    return new Undefined('No first item, sequence was empty.');
  },
  sum: (value, args, { budget }) => {
    const bound = new Bound('sum', args, ['attribute', 'start']);
    const at = attributePath(bound.optional('attribute'), budget);
    const start = bound.get('start');
    let total: Value = start === undefined ? 0n : start;
    if (typeof total === 'string') throw new TemplateError("sum() can't sum strings");
    for (const item of iterate(value, budget)) total = arithmetic('+', total, at(item), budget);
    // Newer Pythons compensate for rounding, older ones do not.
    if (typeof total === 'number') throw new UnsupportedError('a sum of floats');
    return total;
  },
};
