import type { Budget } from '../values/budget.js';
import type { BinaryOperator, Comparison } from '../syntax/nodes.js';
import { printf } from '../text/printf.js';
import { pythonStr } from '../text/python-text.js';
import { iterate } from '../values/sequences.js';
import {
  Callable,
  Dict,
  isInt,
  isList,
  isNumber,
  itemsOf,
  Markup,
  Range,
  TemplateError,
  textOf,
  Tuple,
  typeName,
  Undefined,
  undefinedError,
  UnsupportedError,
  View,
  type Value,
} from '../values/values.js';

/** Python's truth: what is empty, zero, None or not there is false. */
export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'string') return value !== '';
  if (value instanceof Markup) return value.text !== '';
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Range) return value.length > 0;
  if (value instanceof View) return value.items.length > 0;
  const items = itemsOf(value);
  return items ? items.length > 0 : true;
}

/** Python's `==`: of numbers by value, among which True is 1, and else of what has the same type. */
export function areEqual(a: Value, b: Value, budget: Budget, depth = 0): boolean {
  budget.step();
  if (depth > 500) throw new UnsupportedError('comparing what is nested more than 500 deep');
  if (isNumber(a) && isNumber(b)) return sameNumber(numeric(a), numeric(b));
  const [first, second] = [textOf(a), textOf(b)];
  if (first !== undefined && second !== undefined) {
    if (first.length > 4096 && first.length === second.length) budget.text(first.length);
    return first === second;
  }
  if ((isList(a) && isList(b)) || (a instanceof Tuple && b instanceof Tuple)) {
    const [x, y] = [itemsOf(a)!, itemsOf(b)!];
    return x.length === y.length && x.every((item, i) => areEqual(item, y[i]!, budget, depth + 1));
  }
  if (a instanceof Dict && b instanceof Dict) {
    if (a.size !== b.size) return false;
    for (const [key, item] of a.entries()) {
      const other = b.get(key);
      if (other === undefined || !areEqual(item, other, budget, depth + 1)) return false;
    }
    return true;
  }
  if (a instanceof Undefined && b instanceof Undefined) return true;
  if ((a instanceof Range && b instanceof Range) || (a instanceof Callable && b instanceof Callable)) {
    throw new UnsupportedError(`comparing values of type ${typeName(a)}`);
  }
  return a === b;
}

/** Exactly, between integers and floats, too: `===` takes 1n and 1 for different. */
function sameNumber(a: bigint | number, b: bigint | number): boolean {
  return a <= b && a >= b;
}

/** A number for JavaScript's own operators. */
function numeric(value: bigint | boolean | number): bigint | number {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** An `int`, which `True` and `False` are, too. */
export function integerOf(value: bigint | boolean): bigint {
  return typeof value === 'bigint' ? value : BigInt(value);
}

/** Python's order, negative if `a` comes first. @throws TemplateError for what has none. */
export function order(a: Value, b: Value, budget: Budget, symbol = '<'): number {
  budget.step();
  if (isNumber(a) && isNumber(b)) {
    const [x, y] = [numeric(a), numeric(b)];
    return x < y ? -1 : x > y ? 1 : sameNumber(x, y) ? 0 : NaN;
  }
  const [first, second] = [textOf(a), textOf(b)];
  if (first !== undefined && second !== undefined) return orderOfTexts(first, second, budget);
  if ((isList(a) && isList(b)) || (a instanceof Tuple && b instanceof Tuple)) {
    const [x, y] = [itemsOf(a)!, itemsOf(b)!];
    const at = x.findIndex((item, i) => i >= y.length || !areEqual(item, y[i]!, budget));
    if (at < 0) return x.length < y.length ? -1 : 0;
    return at >= y.length ? 1 : order(x[at]!, y[at]!, budget, symbol);
  }
  const missing = [a, b].find((value) => value instanceof Undefined);
  if (missing) throw undefinedError(missing as Undefined);
  throw new TemplateError(
    `'${symbol}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
  );
}

/** By code points; JavaScript compares halves of them. */
function orderOfTexts(a: string, b: string, budget: Budget): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  budget.step(at >>> 6);
  if (at === length) return a.length - b.length;
  const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000;
  if (at > 0 && (isLow(a.charCodeAt(at)) || isLow(b.charCodeAt(at)))) at--;
  return a.codePointAt(at)! - b.codePointAt(at)!;
}

export function compare(operator: Comparison, a: Value, b: Value, budget: Budget): boolean {
  switch (operator) {
    case '==':
      return areEqual(a, b, budget);
    case '!=':
      return !areEqual(a, b, budget);
    case 'in':
      return contains(b, a, budget);
    case 'not in':
      return !contains(b, a, budget);
  }
  const ordered = order(a, b, budget, operator);
  switch (operator) {
    case '<':
      return ordered < 0;
    case '<=':
      return ordered <= 0;
    case '>':
      return ordered > 0;
    case '>=':
      return ordered >= 0;
  }
}

/** Python's `item in container`. */
function contains(container: Value, item: Value, budget: Budget): boolean {
  const text = textOf(container);
  if (text !== undefined) {
    const part = textOf(item);
    if (part === undefined) {
      if (item instanceof Undefined)
        throw new TemplateError("'in <string>' requires string as left operand, not Undefined");
      throw new TemplateError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    budget.text(text.length);
    budget.search(text, part);
    return text.includes(part);
  }
  if (container instanceof Dict) return !(item instanceof Undefined) && container.has(item);
  if (container instanceof Range && isInt(item)) {
    const { start, stop, step } = container;
    const value = integerOf(item);
    const isWithin = step > 0n ? value >= start && value < stop : value <= start && value > stop;
    return isWithin && (value - start) % step === 0n;
  }
  for (const other of iterate(
    container,
    budget,
    `argument of type '${typeName(container)}' is not iterable`,
  )) {
    if (areEqual(other, item, budget)) return true;
  }
  return false;
}

/** `a ~ b`: both as text. */
export function concat(values: readonly Value[], budget: Budget): Value {
  let text = '';
  for (const value of values) {
    text += pythonStr(value, budget);
    budget.join(text.length);
  }
  return text;
}

/** Python's arithmetic. @throws TemplateError where Python raises. */
export function arithmetic(operator: BinaryOperator, a: Value, b: Value, budget: Budget): Value {
  if (isNumber(a) && isNumber(b)) {
    return isInt(a) && isInt(b)
      ? integers(operator, integerOf(a), integerOf(b), budget)
      : floats(operator, Number(a), Number(b));
  }
  if (a instanceof Undefined) throw undefinedError(a);
  if (operator === '%' && textOf(a) !== undefined) {
    if (a instanceof Markup) throw new UnsupportedError('formatting HTML');
    return printf(a as string, b, budget);
  }
  if (b instanceof Undefined) throw undefinedError(b);
  if (a instanceof Markup || b instanceof Markup) throw new UnsupportedError(`'${operator}' of HTML`);
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') {
      budget.join(a.length + b.length);
      return a + b;
    }
    if (isList(a) && isList(b)) {
      budget.list(a.length + b.length);
      return a.concat(b);
    }
    if (a instanceof Tuple && b instanceof Tuple) {
      budget.list(a.items.length + b.items.length);
      return new Tuple(a.items.concat(b.items));
    }
  }
  if (operator === '*') {
    const [sequence, count] = isInt(b) ? [a, b] : [b, a];
    if (isInt(count)) return repeated(sequence, integerOf(count), budget) ?? wrongOperands(operator, a, b);
  }
  return wrongOperands(operator, a, b);
}

function wrongOperands(operator: BinaryOperator, a: Value, b: Value): never {
  if (a instanceof Callable || b instanceof Callable || !(operator === '+' && typeof a === 'string')) {
    throw new TemplateError(
      `unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`,
    );
  }
  throw new TemplateError(`can only concatenate str (not "${typeName(b)}") to str`);
}

function repeated(sequence: Value, count: bigint, budget: Budget): Value | undefined {
  const items = itemsOf(sequence);
  const length = typeof sequence === 'string' ? sequence.length : items?.length;
  if (length === undefined) return undefined;
  const total = count <= 0n ? 0 : Number(count) * length;
  if (typeof sequence === 'string') {
    budget.text(total);
    return total === 0 ? '' : sequence.repeat(Number(count));
  }
  budget.list(total);
  const all = Array.from({ length: total }, (_, i) => items![i % length]!);
  return isList(sequence) ? all : new Tuple(all);
}

const bitsOf = (value: bigint) => value.toString(16).length * 4;

function integers(operator: BinaryOperator, a: bigint, b: bigint, budget: Budget): Value {
  switch (operator) {
    case '+':
    case '-': {
      const sum = operator === '+' ? a + b : a - b;
      budget.integer(bitsOf(sum));
      return sum;
    }
    case '*':
      budget.integer(bitsOf(a) + bitsOf(b));
      return a * b;
    case '/': {
      if (b === 0n) throw new TemplateError('division by zero');
      const [x, y] = [Number(a), Number(b)];
      if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x / y;
      throw new UnsupportedError('dividing integers above 2^53');
    }
    case '//':
    case '%': {
      if (b === 0n) throw new TemplateError('integer division or modulo by zero');
      budget.integer(bitsOf(a));
      const rest = a % b;
      const isBelow = rest !== 0n && rest < 0n !== b < 0n;
      if (operator === '%') return isBelow ? rest + b : rest;
      return isBelow ? a / b - 1n : a / b;
    }
    case '**':
      if (b < 0n) throw new UnsupportedError('a negative power');
      budget.integer(b > 16_384n ? Infinity : bitsOf(a) * Number(b));
      return a ** b;
  }
}

function floats(operator: BinaryOperator, a: number, b: number): Value {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw new TemplateError('float division by zero');
      return a / b;
    case '//':
    case '%': {
      if (b === 0) throw new TemplateError('float modulo');
      let rest = a % b;
      if (rest !== 0 && rest < 0 !== b < 0) rest += b;
      if (rest === 0) rest = b < 0 ? -0 : 0;
      return operator === '%' ? rest : Math.round((a - rest) / b);
    }
    case '**':
      throw new UnsupportedError('a power of floats');
  }
}
