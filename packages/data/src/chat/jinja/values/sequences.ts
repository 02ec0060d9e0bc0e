import type { Budget } from './budget.js';
import {
  Attributes,
  Dict,
  isInt,
  itemsOf,
  Lazy,
  Markup,
  Range,
  TemplateError,
  textOf,
  Tuple,
  typeName,
  Undefined,
  UnsupportedError,
  View,
  type Value,
} from './values.js';

const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/;

/** True if all characters of a text have one UTF-16 unit, so that they are counted as Python counts them. */
function isSimple(text: string): boolean {
  return !PAIRS.test(text);
}

/** The characters of a text, as Python counts them. */
export function charsOf(text: string, budget: Budget): string[] {
  budget.text(text.length);
  budget.list(text.length);
  // Not [...text]: halves of a pair that stand alone are kept either way.
  return Array.from(text);
}

/** The items of a value, one after the other. @throws TemplateError for what cannot be iterated. */
export function* iterate(
  value: Value,
  budget: Budget,
  message = `'${typeName(value)}' object is not iterable`,
): Generator<Value, void, undefined> {
  for (const item of rawItems(value, budget, message)) {
    budget.step();
    yield item;
  }
}

function rawItems(value: Value, budget: Budget, message: string): Iterable<Value> {
  if (value instanceof Undefined) return [];
  const text = textOf(value);
  if (text !== undefined) return charsOf(text, budget);
  if (value instanceof Dict) return value.keys();
  if (value instanceof View) return value.items;
  if (value instanceof Lazy) return remaining(value);
  if (value instanceof Range) return rangeItems(value);
  if (value instanceof Attributes) throw new UnsupportedError(`iterating over ${value.name}`);
  const items = itemsOf(value);
  if (items) return items;
  throw new TemplateError(message);
}

/** Leaves the rest to whoever iterates next, as Python's generators do. */
function* remaining({ iterator }: Lazy): Generator<Value, void, undefined> {
  for (let next = iterator.next(); !next.done; next = iterator.next()) yield next.value;
}

function* rangeItems(range: Range): Generator<Value, void, undefined> {
  for (let i = 0; i < range.length; i++) yield range.at(i);
}

/** All items of a value, as a list of their own. */
export function listOf(value: Value, budget: Budget): Value[] {
  const items: Value[] = [];
  for (const item of iterate(value, budget)) items.push(item);
  budget.list(items.length);
  return items;
}

/** Python's `len`, or `undefined` for what has none. */
export function lengthOf(value: Value, budget: Budget): number | undefined {
  const text = textOf(value);
  if (text !== undefined) {
    budget.text(text.length);
    return isSimple(text) ? text.length : Array.from(text).length;
  }
  if (value instanceof Undefined) return 0;
  if (value instanceof Dict) return value.size;
  if (value instanceof Range) return value.length;
  if (value instanceof View) return value.items.length;
  return itemsOf(value)?.length;
}

/** `value[index]` of a sequence. `undefined` if there is no such item. */
export function itemAt(value: Value, index: bigint, budget: Budget): Value | undefined {
  const at = (length: number): number => {
    const place = index < 0n ? index + BigInt(length) : index;
    return place >= 0n && place < BigInt(length) ? Number(place) : -1;
  };
  if (value instanceof Markup) throw new UnsupportedError('a part of HTML');
  if (typeof value === 'string') {
    budget.text(value.length);
    const chars = isSimple(value) ? value : Array.from(value);
    return chars[at(chars.length)];
  }
  if (value instanceof Range) {
    const place = at(value.length);
    return place < 0 ? undefined : value.at(place);
  }
  const items = itemsOf(value);
  return items?.[at(items.length)];
}

/** `value[start:stop:step]`. `undefined` if the value is no sequence. */
export function sliceOf(
  value: Value,
  bounds: readonly (Value | undefined)[],
  budget: Budget,
): Value | undefined {
  const [start, stop, step] = [0, 1, 2].map((i) => {
    const bound = bounds[i] ?? null;
    if (bound === null) return undefined;
    if (isInt(bound)) return BigInt(bound);
    throw new TemplateError('slice indices must be integers or None or have an __index__ method');
  });
  if (step === 0n) throw new TemplateError('slice step cannot be zero');
  if (value instanceof Markup || value instanceof Range)
    throw new UnsupportedError(`a part of a ${typeName(value)}`);
  if (typeof value === 'string') {
    budget.text(value.length);
    if (isSimple(value) && (step === undefined || step === 1n)) {
      const [from, to] = edges(value.length, start, stop, 1);
      return from < to ? value.slice(from, to) : '';
    }
    const part = picked(Array.from(value), start, stop, step);
    budget.list(value.length);
    return part.join('');
  }
  const items = itemsOf(value);
  if (!items) return undefined;
  const part = picked(items, start, stop, step);
  budget.list(part.length);
  return value instanceof Tuple ? new Tuple(part) : part;
}

function picked<T>(
  items: readonly T[],
  start: bigint | undefined,
  stop: bigint | undefined,
  by: bigint | undefined,
): T[] {
  const { length } = items;
  const limit = BigInt(length + 1);
  const stride = by === undefined ? 1 : Number(by > limit ? limit : by < -limit ? -limit : by);
  const [from, to] = edges(length, start, stop, stride);
  if (stride === 1) return from < to ? items.slice(from, to) : [];
  const part: T[] = [];
  for (let i = from; stride > 0 ? i < to : i > to; i += stride) part.push(items[i]!);
  return part;
}

/** The first index and the one to stop before. */
function edges(length: number, start: bigint | undefined, stop: bigint | undefined, step: number) {
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (bound: bigint): number => {
    const place = bound < 0n ? bound + BigInt(length) : bound;
    return place < BigInt(lowest) ? lowest : place > BigInt(highest) ? highest : Number(place);
  };
  return [
    start === undefined ? (step > 0 ? 0 : length - 1) : clamp(start),
    stop === undefined ? (step > 0 ? length : -1) : clamp(stop),
  ] as const;
}
