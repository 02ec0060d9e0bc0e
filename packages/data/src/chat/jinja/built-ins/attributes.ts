import { Bound } from '../values/arguments.js';
import type { Budget } from '../values/budget.js';
import { areEqual } from './operators.js';
import { itemAt } from '../values/sequences.js';
import { stringMethod } from './string-methods.js';
import {
  Attributes,
  Callable,
  Dict,
  isInt,
  isList,
  itemsOf,
  Lazy,
  Markup,
  Namespace,
  Range,
  TemplateError,
  Tuple,
  typeName,
  Undefined,
  undefinedError,
  UnsupportedError,
  View,
  type Args,
  type Value,
} from '../values/values.js';

/** Methods of Python's that change what they belong to, which the sandbox hides. */
const CHANGING: ReadonlySet<string> = new Set([
  'append', 'clear', 'extend', 'insert', 'pop', 'popitem', 'remove', 'reverse', 'setdefault', 'sort', 'update',
]); // prettier-ignore

/** Attributes of numbers and of other values without methods of ours. */
const OTHERS: ReadonlySet<string> = new Set([
  'as_integer_ratio', 'bit_count', 'bit_length', 'conjugate', 'denominator', 'from_bytes', 'imag', 'numerator', 'real',
  'to_bytes', 'fromhex', 'hex', 'is_integer', 'fromkeys', 'isdisjoint', 'mapping', 'start', 'step', 'stop', 'name', 'arguments',
  'catch_kwargs', 'catch_varargs', 'explicit_caller', 'unescape', 'striptags', 'escape', 'send', 'throw', 'close',
]); // prettier-ignore

/** Methods of `str` whose arguments may be given by name. */
const WITH_NAMES: ReadonlySet<string> = new Set(['format', 'rsplit', 'split', 'splitlines']);

function noNames(name: string): TemplateError {
  return new TemplateError(`${name}() takes no keyword arguments`);
}

function missing(value: Value, name: string): Undefined {
  return new Undefined(`'${typeName(value)}' object has no attribute '${name}'`);
}

/** `value.name`: an attribute or method, or else the item of this name. */
export function getAttribute(value: Value, name: string, budget: Budget): Value {
  if (value instanceof Undefined) {
    if (name.startsWith('__')) throw new UnsupportedError(`the attribute ${name} of what is undefined`);
    throw undefinedError(value);
  }
  // The sandbox hides what begins so, where Python has it; otherwise it is an item like any other.
  const found = name.startsWith('__') ? undefined : attributeOf(value, name, budget);
  if (found !== undefined) return found;
  const item = value instanceof Dict ? value.get(name) : undefined;
  if (item === undefined) return missing(value, name);
  // Python's dict may have an attribute of this name, which the sandbox hides.
  if (/^__(?!proto__$).*__$/.test(name)) throw new UnsupportedError(`a key named ${name}`);
  return item;
}

/** `value[index]`: an item, or else the attribute of this name. */
export function getItem(value: Value, index: Value, budget: Budget): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  const found =
    value instanceof Dict
      ? dictItem(value, index)
      : isInt(index)
        ? itemAt(value, BigInt(index), budget)
        : undefined;
  if (found !== undefined) return found;
  const name = typeof index === 'string' ? index : undefined;
  if (name === undefined) return missing(value, String(typeof index === 'bigint' ? index : typeName(index)));
  const attribute = name.startsWith('__') ? undefined : attributeOf(value, name, budget);
  return attribute === undefined ? missing(value, name) : attribute;
}

function dictItem(dict: Dict, index: Value): Value | undefined {
  // What cannot be a key is just not there.
  if (index instanceof Undefined || isList(index) || index instanceof Dict) return undefined;
  return dict.get(index);
}

/** The attribute of the Python object; `undefined` if it has none of this name. */
function attributeOf(value: Value, name: string, budget: Budget): Value | undefined {
  if (value instanceof Namespace) return value.attributes.get(name);
  if (value instanceof Attributes) return value.read(name);
  if (value instanceof Markup) throw new UnsupportedError(`the attribute ${name} of HTML`);
  if (typeof value === 'string') {
    const method = stringMethod(name);
    if (!method) return undefined;
    const run = (args: Args) => {
      budget.text(value.length);
      if (args.named.size > 0 && !WITH_NAMES.has(name)) throw noNames(name);
      return method(value, args, budget);
    };
    return new Callable(name, run);
  }
  const items = itemsOf(value);
  if (value instanceof Dict || isList(value)) {
    if (CHANGING.has(name) && isMethodOf(value, name))
      return new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe`);
  }
  const method = value instanceof Dict ? DICT_METHODS[name] : items ? SEQUENCE_METHODS[name] : undefined;
  if (method && Object.hasOwn(value instanceof Dict ? DICT_METHODS : SEQUENCE_METHODS, name)) {
    return new Callable(name, (args) => {
      if (args.named.size > 0) throw noNames(name);
      return method(value, args, budget);
    });
  }
  if (isList(value) && name === 'copy') return new Callable(name, () => value);
  const isKnown =
    OTHERS.has(name) ||
    ((value instanceof Range || value instanceof View) && (name === 'count' || name === 'index'));
  // A name that none of them has, or that only others have, is an item or nothing.
  if (isKnown && mayHave(value, name))
    throw new UnsupportedError(`the attribute ${name} of a ${typeName(value)}`);
  return undefined;
}

function isMethodOf(value: Dict | readonly Value[], name: string): boolean {
  const own = value instanceof Dict ? ['clear', 'pop', 'popitem', 'setdefault', 'update'] : ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']; // prettier-ignore
  return own.includes(name);
}

function mayHave(value: Value, name: string): boolean {
  if (value === null) return false;
  if (value instanceof Dict) return name === 'fromkeys';
  return !itemsOf(value) && !(value instanceof Lazy && name === 'name');
}

type Method<T> = (value: T, args: Args, budget: Budget) => Value;

const DICT_METHODS: Readonly<Record<string, Method<Value>>> = {
  get(value, args) {
    const bound = new Bound('get', args, ['key', 'default']);
    const found = (value as Dict).get(bound.required('key'));
    return found === undefined ? bound.optional('default') : found;
  },
  keys: view('dict_keys', (dict) => [...dict.keys()]),
  values: view('dict_values', (dict) => Array.from(dict.entries(), ([, item]) => item)),
  items: view('dict_items', (dict) => Array.from(dict.entries(), ([key, item]) => new Tuple([key, item]))),
  copy: (value, args) => {
    new Bound('copy', args, []);
    return value;
  },
};

function view(name: View['name'], items: (dict: Dict) => Value[]): Method<Value> {
  return (value, args, budget) => {
    new Bound(name, args, []);
    const dict = value as Dict;
    budget.list(dict.size);
    return new View(name, items(dict));
  };
}

const SEQUENCE_METHODS: Readonly<Record<string, Method<Value>>> = {
  index(value, args, budget) {
    const bound = new Bound('index', args, ['value']);
    const item = bound.required('value');
    const at = itemsOf(value)!.findIndex((other) => areEqual(other, item, budget));
    if (at < 0) throw new TemplateError('the value is not in the list');
    return BigInt(at);
  },
  count(value, args, budget) {
    const item = new Bound('count', args, ['value']).required('value');
    return BigInt(itemsOf(value)!.filter((other) => areEqual(other, item, budget)).length);
  },
};
