import type { Budget } from '../values/budget.js';
import {
  Dict,
  isList,
  Markup,
  MOST_DIGITS,
  Namespace,
  Range,
  TemplateError,
  Tuple,
  typeName,
  Undefined,
  UnsupportedError,
  View,
  type Value,
} from '../values/values.js';

/** Values within each other, that are written or compared. */
const DEEPEST = 500;

/** The characters that Python's `repr` escapes: what cannot be seen. */
const UNSEEN = /[^\P{C}]|[\u2028\u2029]|(?! )\p{Zs}/gu;

/** Python's `str` of a value: what `{{ … }}` writes. */
export function pythonStr(value: Value, budget: Budget): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  if (value instanceof Markup) return value.text;
  return pythonRepr(value, budget);
}

/** Python's `repr` of a value: what is written of it where it stands in a list. */
export function pythonRepr(value: Value, budget: Budget): string {
  return repr(value, budget, 0);
}

function repr(value: Value, budget: Budget, depth: number): string {
  budget.step();
  if (depth > DEEPEST) throw new UnsupportedError(`a value nested more than ${DEEPEST} deep`);
  const all = (items: readonly Value[]) => items.map((item) => repr(item, budget, depth + 1)).join(', ');
  const counted = (text: string) => {
    budget.text(text.length);
    return text;
  };
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') {
    const text = counted(String(value));
    if (text.replace('-', '').length <= MOST_DIGITS) return text;
    throw new TemplateError(`an integer of more than ${MOST_DIGITS} digits cannot be written`);
  }
  if (typeof value === 'number') return floatRepr(value);
  if (typeof value === 'string') return counted(stringRepr(value));
  if (isList(value)) return counted(`[${all(value)}]`);
  if (value instanceof Tuple) return counted(`(${all(value.items)}${value.items.length === 1 ? ',' : ''})`);
  if (value instanceof Dict) {
    const entries = Array.from(
      value.entries(),
      ([key, item]) => `${repr(key, budget, depth + 1)}: ${repr(item, budget, depth + 1)}`,
    );
    return counted(`{${entries.join(', ')}}`);
  }
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Range) {
    const { start, stop, step } = value;
    return step === 1n ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`;
  }
  if (value instanceof View) return counted(`${value.name}([${all(value.items)}])`);
  if (value instanceof Markup) return counted(`Markup(${stringRepr(value.text)})`);
  if (value instanceof Namespace) {
    const entries = [...value.attributes].map(([key, item]) => [key, item] as const);
    return counted(`<Namespace ${repr(new Dict(entries), budget, depth + 1)}>`);
  }
  // Python writes an address.
  throw new UnsupportedError(`a ${typeName(value)} as text`);
}

/** Python's `repr` of a float: the shortest digits that read back as the same, and always a point or an exponent. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  if (value === 0) return '0.0';
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    const digits = String(value);
    // JavaScript writes 1e-7, but that is beyond Python's -4, and up to 1e21 it writes all digits.
    return digits.includes('.') ? digits : `${digits}.0`;
  }
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Python's `repr` of a string: in single quotes, unless there is one, and no double one, in it. */
function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replace(/[\\\n\r\t]/g, (char) => ESCAPES[char]!)
    .replace(UNSEEN, (char) => {
      const code = char.codePointAt(0)!;
      if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
      if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
      return `\\U${code.toString(16).padStart(8, '0')}`;
    });
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}
