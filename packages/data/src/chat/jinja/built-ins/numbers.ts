import type { Bound } from '../values/arguments.js';
import type { Budget } from '../values/budget.js';
import { strip } from '../text/python-strings.js';
import {
  isInt,
  isNumber,
  MOST_DIGITS,
  textOf,
  Undefined,
  undefinedError,
  type Value,
  UnsupportedError,
} from '../values/values.js';

const INTEGER = /^[-+]?\d+(?:_\d+)*$/;
const FLOAT = /^[-+]?(?:(?:\d+(?:_\d+)*)?\.?\d+(?:_\d+)*\.?(?:[eE][-+]?\d+)?|\d+\.(?:[eE][-+]?\d+)?)$/;
/** Only what consists of these can be a number; longer ones take too long to tell. */
const NUMERIC = /^[-+.\deE_]+$/;
const LONGEST = 4096;

const SPECIAL: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: NaN };

function ascii(text: string): string {
  // Python takes digits of all scripts.
  if (/(?![0-9])\p{Nd}/u.test(text)) throw new UnsupportedError('digits other than 0 to 9');
  return strip(text);
}

function parseFloat_(text: string): number | undefined {
  const trimmed = ascii(text);
  const sign = trimmed.startsWith('-') ? -1 : 1;
  const word = trimmed.replace(/^[-+]/, '').toLowerCase();
  if (Object.hasOwn(SPECIAL, word)) return sign * SPECIAL[word]!;
  if (!NUMERIC.test(trimmed)) return undefined;
  if (trimmed.length > LONGEST) throw new UnsupportedError(`a number of more than ${LONGEST} characters`);
  return FLOAT.test(trimmed) ? Number(trimmed.replaceAll('_', '')) : undefined;
}

function truncated(value: number): bigint | undefined {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
}

/** The filter `int`: what cannot be read is the default. */
export function toInt(value: Value, bound: Bound, budget: Budget): Value {
  const given = bound.get('default');
  const otherwise = given === undefined ? 0n : given;
  if (bound.get('base') !== undefined && bound.integer('base') !== 10)
    throw new UnsupportedError('int with another base');
  if (value instanceof Undefined) throw undefinedError(value);
  if (isInt(value)) return BigInt(value);
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return truncated(value)!;
    // Of infinity, Python's first attempt fails in a way that it does not catch.
    if (Number.isNaN(value)) return otherwise;
    throw new UnsupportedError('int of infinity');
  }
  const text = textOf(value);
  if (text === undefined) return otherwise;
  const trimmed = ascii(text);
  if (INTEGER.test(trimmed)) {
    const digits = trimmed.replaceAll('_', '').replace(/^\+/, '');
    if (digits.replace('-', '').length > MOST_DIGITS)
      throw new UnsupportedError(`an integer of more than ${MOST_DIGITS} digits`);
    budget.integer(digits.length * 3.33);
    return BigInt(digits);
  }
  const float = parseFloat_(text);
  return float === undefined ? otherwise : (truncated(float) ?? otherwise);
}

/** The filter `float`: what cannot be read is the default. */
export function toFloat(value: Value, bound: Bound): Value {
  const given = bound.get('default');
  const otherwise = given === undefined ? 0 : given;
  if (value instanceof Undefined) throw undefinedError(value);
  if (isNumber(value)) return Number(value);
  const text = textOf(value);
  return text === undefined ? otherwise : (parseFloat_(text) ?? otherwise);
}
