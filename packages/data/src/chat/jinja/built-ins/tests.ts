import { Bound } from '../values/arguments.js';
import { filters } from './filters.js';
import type { Budget } from '../values/budget.js';
import { compare, integerOf, areEqual } from './operators.js';
import {
  Attributes,
  Callable,
  Dict,
  isInt,
  isNumber,
  itemsOf,
  Lazy,
  Markup,
  Range,
  TemplateError,
  textOf,
  typeName,
  Undefined,
  undefinedError,
  UnsupportedError,
  View,
  type Args,
  type Value,
} from '../values/values.js';
import type { Comparison } from '../syntax/nodes.js';

/** A test: what stands after `is`. */
export type Test = (value: Value, args: Args, budget: Budget) => boolean;

function ofKind(holds: (value: Value, budget: Budget) => boolean): Test {
  return (value, args, budget) => {
    new Bound('the test', args, []);
    return holds(value, budget);
  };
}

function comparing(operator: Comparison): Test {
  return (value, args, budget) =>
    compare(operator, value, new Bound('the test', args, ['b']).required('b'), budget);
}

function rest(value: Value, by: bigint): bigint {
  if (value instanceof Undefined) throw undefinedError(value);
  if (isInt(value)) {
    const found = integerOf(value) % by;
    return found < 0n !== by < 0n && found !== 0n ? found + by : found;
  }
  if (typeof value === 'number') throw new UnsupportedError('odd, even or divisibleby of a float');
  throw new TemplateError(`unsupported operand type(s) for %: '${typeName(value)}' and 'int'`);
}

/** True if Python's `str.islower` or `isupper` holds. */
function hasCase(value: Value, own: RegExp, other: RegExp, budget: Budget): boolean {
  if (textOf(value) === undefined) throw new UnsupportedError(`upper or lower of a ${typeName(value)}`);
  const text = textOf(value)!;
  budget.text(text.length);
  return own.test(text) && !other.test(text);
}

const isSequence = (value: Value) =>
  textOf(value) !== undefined ||
  value instanceof Dict ||
  value instanceof Range ||
  value instanceof Undefined ||
  itemsOf(value) !== undefined;

/** Tests of Jinja2. */
export const tests: Readonly<Record<string, Test>> = {
  defined: ofKind((value) => !(value instanceof Undefined)),
  undefined: ofKind((value) => value instanceof Undefined),
  none: ofKind((value) => value === null),
  boolean: ofKind((value) => typeof value === 'boolean'),
  true: ofKind((value) => value === true),
  false: ofKind((value) => value === false),
  integer: ofKind((value) => typeof value === 'bigint'),
  float: ofKind((value) => typeof value === 'number'),
  number: ofKind(isNumber),
  string: ofKind((value) => textOf(value) !== undefined),
  mapping: ofKind((value) => value instanceof Dict),
  sequence: ofKind(isSequence),
  iterable: ofKind((value) => isSequence(value) || value instanceof View || value instanceof Lazy),
  callable: ofKind(
    (value) =>
      value instanceof Callable ||
      value instanceof Undefined ||
      (value instanceof Attributes && value.call !== undefined),
  ),
  escaped: ofKind((value) => value instanceof Markup),
  lower: ofKind((value, budget) => hasCase(value, /\p{Lowercase}/u, /[\p{Uppercase}\p{Lt}]/u, budget)),
  upper: ofKind((value, budget) => hasCase(value, /\p{Uppercase}/u, /[\p{Lowercase}\p{Lt}]/u, budget)),
  odd: ofKind((value) => rest(value, 2n) === 1n),
  even: ofKind((value) => rest(value, 2n) === 0n),
  divisibleby: (value, args) => {
    const by = new Bound('divisibleby', args, ['num']).required('num');
    if (typeof by === 'number') throw new UnsupportedError('divisibleby a float');
    if (!isInt(by) || integerOf(by) === 0n)
      throw new TemplateError('divisibleby needs an integer that is not 0');
    return rest(value, integerOf(by)) === 0n;
  },
  filter: (value, args) => {
    new Bound('filter', args, []);
    return typeof value === 'string' && Object.hasOwn(filters, value);
  },
  test: (value, args) => {
    new Bound('test', args, []);
    return typeof value === 'string' && Object.hasOwn(tests, value);
  },
  sameas: (value, args, budget) => {
    const other = new Bound('sameas', args, ['other']).required('other');
    // The same object: of numbers and texts, Python may have one or several.
    if (value === null || other === null || typeof value === 'boolean' || typeof other === 'boolean')
      return value === other;
    if (typeName(value) !== typeName(other) || !areEqual(value, other, budget)) return false;
    throw new UnsupportedError(`sameas of ${typeName(value)}`);
  },
  in: comparing('in'),
  ...Object.fromEntries(
    (
      [
        ['==', ['==', 'eq', 'equalto']],
        ['!=', ['!=', 'ne']],
        ['<', ['<', 'lt', 'lessthan']],
        ['<=', ['<=', 'le']],
        ['>', ['>', 'gt', 'greaterthan']],
        ['>=', ['>=', 'ge']],
      ] as const
    ).flatMap(([operator, names]) => names.map((name) => [name, comparing(operator)] as const)),
  ),
};
