import { Bound } from '../values/arguments.js';
import type { Budget } from '../values/budget.js';
import { integerOf } from './operators.js';
import { pythonStr } from '../text/python-text.js';
import { iterate } from '../values/sequences.js';
import { strftime } from '../text/strftime.js';
import {
  Attributes,
  Callable,
  Dict,
  isInt,
  itemsOf,
  Namespace,
  Range,
  Refusal,
  TemplateError,
  typeName,
  UnsupportedError,
  type Args,
  type Value,
} from '../values/values.js';

/** The longest list `range` makes in the sandbox of Jinja2. */
const LONGEST_RANGE = 100_000;

/** Entries of `dict(…)` and `namespace(…)`: of a dict or of pairs, and by name. */
function entriesOf(name: string, { positional, named }: Args, budget: Budget): (readonly [Value, Value])[] {
  if (positional.length > 1) throw new TemplateError(`${name}() takes at most 1 argument`);
  const [first] = positional;
  if (first instanceof Dict) budget.list(4 * first.size);
  const entries =
    first === undefined
      ? []
      : first instanceof Dict
        ? [...first.entries()]
        : Array.from(iterate(first, budget), (pair) => {
            const items = itemsOf(pair);
            budget.list(4);
            if (items?.length === 2) return [items[0]!, items[1]!] as const;
            throw new TemplateError(`${name}() needs pairs of a key and a value`);
          });
  return [...entries, ...named];
}

function range({ positional, named }: Args): Value {
  if (named.size > 0 || positional.length < 1 || positional.length > 3) {
    throw new TemplateError('range() takes one to three integers');
  }
  const [first, second, step = 1n] = positional.map((value) => {
    if (isInt(value)) return integerOf(value);
    throw new TemplateError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  });
  if (step === 0n) throw new TemplateError('range() arg 3 must not be zero');
  const made = second === undefined ? new Range(0n, first!, step) : new Range(first!, second, step);
  if (made.length > LONGEST_RANGE) {
    throw new TemplateError(`Range too big. The sandbox blocks ranges larger than ${LONGEST_RANGE}.`);
  }
  return made;
}

function joiner(args: Args): Value {
  const bound = new Bound('joiner', args, ['sep']);
  const separator = bound.get('sep') === undefined ? ', ' : bound.required('sep');
  let isUsed = false;
  return new Attributes(
    'Joiner',
    () => {
      throw new UnsupportedError('an attribute of a joiner');
    },
    () => {
      if (isUsed) return separator;
      isUsed = true;
      return '';
    },
  );
}

/**
 * The functions that a template of transformers has.
 *
 * @param now what `strftime_now` takes for now: milliseconds since 1970.
 */
export function globalFunctions(budget: Budget, now: number): ReadonlyMap<string, Value> {
  const functions: Readonly<Record<string, (args: Args) => Value>> = {
    range,
    joiner,
    dict: (args) => new Dict(entriesOf('dict', args, budget)),
    namespace: (args) =>
      new Namespace(
        new Map(entriesOf('namespace', args, budget).map(([key, value]) => [pythonStr(key, budget), value])),
      ),
    cycler: () => {
      throw new UnsupportedError('cycler');
    },
    lipsum: () => {
      throw new UnsupportedError('lipsum');
    },
    raise_exception: (args) => {
      throw new Refusal(
        pythonStr(new Bound('raise_exception', args, ['message']).required('message'), budget),
      );
    },
    strftime_now: (args) => {
      const format = new Bound('strftime_now', args, ['format']).text('format');
      budget.list(format.length);
      const text = strftime(new Date(now), format);
      budget.text(text.length);
      return text;
    },
  };
  return new Map(Object.entries(functions).map(([name, call]) => [name, new Callable(name, call)]));
}
