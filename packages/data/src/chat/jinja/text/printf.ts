import type { Budget } from '../values/budget.js';
import { pythonRepr, pythonStr } from './python-text.js';
import { roundedText } from './rounding.js';
import {
  Dict,
  isList,
  isNumber,
  Range,
  TemplateError,
  Tuple,
  typeName,
  Undefined,
  UnsupportedError,
  type Value,
} from '../values/values.js';

const FIELD = /%(?:\(([^()]*)\))?([-+ #0]*)(\d*|\*)(?:\.(\d+|\*))?([a-zA-Z%]?)/gs;

/** Python's `format % values`, for `%s`, `%r`, `%d`, `%i`, `%f` and `%%` with a width and a precision. */
export function printf(format: string, given: Value, budget: Budget): string {
  const values = given instanceof Tuple ? given.items : [given];
  let next = 0;
  let length = 0;
  const text = format.replace(
    FIELD,
    (
      field: string,
      key: string | undefined,
      flags: string,
      width: string,
      precision: string | undefined,
      type: string,
    ) => {
      if (field === '%%') return '%';
      if (
        key !== undefined ||
        width === '*' ||
        precision === '*' ||
        /[#+ ]/.test(flags) ||
        Number(width) > 100 ||
        Number(precision) > 50
      ) {
        throw new UnsupportedError(`the format ${field}`);
      }
      if (next >= values.length) throw new TemplateError('not enough arguments for format string');
      const value = values[next++]!;
      const written = writtenAs(type, value, precision, budget);
      const pad = flags.includes('0') && !flags.includes('-') && 'dif'.includes(type) ? '0' : ' ';
      const missing = Number(width) - Array.from(written).length;
      const filled =
        missing <= 0
          ? written
          : flags.includes('-')
            ? written + ' '.repeat(missing)
            : pad === '0' && written.startsWith('-')
              ? `-${'0'.repeat(missing)}${written.slice(1)}`
              : pad.repeat(missing) + written;
      budget.checkLength((length += filled.length));
      return filled;
    },
  );
  budget.text(text.length);
  // What has items could be meant for names.
  const isMapping =
    given instanceof Dict || isList(given) || given instanceof Range || given instanceof Undefined;
  if (next < values.length && !isMapping) {
    throw new TemplateError('not all arguments converted during string formatting');
  }
  return text;
}

function writtenAs(type: string, value: Value, precision: string | undefined, budget: Budget): string {
  switch (type) {
    case 's':
    case 'r': {
      const text = type === 's' ? pythonStr(value, budget) : pythonRepr(value, budget);
      budget.text(text.length);
      return precision === undefined ? text : Array.from(text).slice(0, Number(precision)).join('');
    }
    case 'd':
    case 'i':
      if (!isNumber(value))
        throw new TemplateError(`%${type} format: a real number is required, not ${typeName(value)}`);
      if (precision !== undefined || (typeof value === 'number' && !Number.isFinite(value)))
        throw new UnsupportedError(`the format %.${precision ?? ''}${type}`);
      return String(typeof value === 'number' ? BigInt(Math.trunc(value)) : BigInt(value));
    case 'f':
      if (!isNumber(value)) throw new TemplateError(`must be real number, not ${typeName(value)}`);
      return roundedText(Number(value), precision === undefined ? 6 : Number(precision));
    default:
      throw new UnsupportedError(`the format %${type}`);
  }
}
