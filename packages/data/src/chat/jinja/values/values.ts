/**
 * The values of the template language, which are Python's. An `int` is a bigint and a `float` a number, so that no id is
 * rounded and `20.0` stays `20.0`; a `list` is an array. None of them can be changed by a template, namespaces aside.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly Value[]
  | Tuple
  | Dict
  | Range
  | View
  | Lazy
  | Namespace
  | Callable
  | Attributes
  | Markup
  | Undefined;

/** The most decimal digits of an integer that Python reads or writes. */
export const MOST_DIGITS = 4300;

/** Python would raise an error here, and so does this. */
export class TemplateError extends Error {}

/** Jinja2 can do this, but this interpreter cannot: the template is refused, since its text would differ. */
export class UnsupportedError extends TemplateError {
  constructor(feature: string) {
    super(`${feature} is not supported here`);
  }
}

/** The failure of `raise_exception`: the template refuses what it was given. */
export class Refusal extends TemplateError {}

/** A variable, key or attribute that is not there. It prints as nothing and is false; everything else is an error. */
export class Undefined {
  constructor(readonly reason: string) {}
}

export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}

/**
 * A value that can be a key, as JavaScript compares it: in Python, `1`, `1.0` and `True` are the same key. Not a bigint, since V8
 * looks at its last 64 bits only, so that others could be chosen to make each look-up read through all of them.
 */
type Key = string | number | null;

/** Python's `dict`: in the order of insertion, whatever the keys look like. */
export class Dict {
  private readonly slots = new Map<Key, readonly [key: Value, value: Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) {
      const slot = keyOf(key);
      this.slots.set(slot, [this.slots.get(slot)?.[0] ?? key, value]);
    }
  }

  get size(): number {
    return this.slots.size;
  }

  get(key: Value): Value | undefined {
    return this.slots.get(keyOf(key))?.[1];
  }

  has(key: Value): boolean {
    return this.slots.has(keyOf(key));
  }

  *keys(): Generator<Value, void, undefined> {
    for (const [key] of this.slots.values()) yield key;
  }

  entries(): Iterable<readonly [Value, Value]> {
    return this.slots.values();
  }
}

function keyOf(key: Value): Key {
  if (typeof key === 'string') return key.startsWith('\0') ? `\0${key}` : key;
  if (key === null) return key;
  if (isInt(key)) {
    const number = Number(key);
    return Number.isSafeInteger(number) ? number : `\0int ${key}`;
  }
  if (typeof key === 'number')
    return Number.isInteger(key) && !Number.isSafeInteger(key) ? `\0int ${BigInt(key)}` : key;
  if (key instanceof Markup) return keyOf(key.text);
  if (Array.isArray(key) || key instanceof Dict)
    throw new TemplateError(`unhashable type: '${typeName(key)}'`);
  throw new UnsupportedError(`a key of type ${typeName(key)}`);
}

/** Python's `range`, which holds no list. */
export class Range {
  readonly length: number;

  constructor(
    readonly start: bigint,
    readonly stop: bigint,
    readonly step: bigint,
  ) {
    const span = step > 0n ? stop - start : start - stop;
    const stride = step > 0n ? step : -step;
    this.length = span > 0n ? Number((span + stride - 1n) / stride) : 0;
  }

  at(index: number): bigint {
    return this.start + BigInt(index) * this.step;
  }
}

/** `dict.items()` and the like: has a length and can be iterated, but has no indices. */
export class View {
  constructor(
    readonly name: 'dict_keys' | 'dict_values' | 'dict_items',
    readonly items: readonly Value[],
  ) {}
}

/** Python's generators, which filters such as `map` and `select` make: they can be iterated once. */
export class Lazy {
  constructor(readonly iterator: Iterator<Value>) {}
}

/** `namespace()`, whose attributes a template can set. */
export class Namespace {
  constructor(readonly attributes: Map<string, Value>) {}
}

/** Arguments of a call. */
export interface Args {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A function, a method or a macro. */
export class Callable {
  constructor(
    readonly name: string,
    readonly call: (args: Args) => Value,
    readonly kind: 'function' | 'macro' = 'function',
  ) {}
}

/** An object of the engine with attributes to be read, such as `loop`. */
export class Attributes {
  constructor(
    readonly name: string,
    /** `undefined` if there is none of this name. */
    readonly read: (attribute: string) => Value | undefined,
    readonly call?: (args: Args) => Value,
  ) {}
}

/** A text that is marked as HTML by `safe` or `escape`. */
export class Markup {
  constructor(readonly text: string) {}
}

/** Python's name of the type. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'str';
  }
  if (isList(value)) return 'list';
  if (value instanceof Dict) return 'dict';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Range) return 'range';
  if (value instanceof View) return value.name;
  if (value instanceof Lazy) return 'generator';
  if (value instanceof Namespace) return 'Namespace';
  if (value instanceof Markup) return 'Markup';
  return value instanceof Attributes ? value.name : value.kind;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A list or a tuple: what has items in both. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  return value instanceof Tuple ? value.items : undefined;
}

/** True if the value is an `int` to Python, to which `True` is 1. */
export function isInt(value: Value): value is bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean';
}

export function isNumber(value: Value): value is bigint | boolean | number {
  return isInt(value) || typeof value === 'number';
}

/** The text of a string, or of one that is marked as HTML. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Markup ? value.text : undefined;
}

/** The ways to use something that is not there. */
export function undefinedError({ reason }: Undefined): TemplateError {
  return new TemplateError(reason);
}
