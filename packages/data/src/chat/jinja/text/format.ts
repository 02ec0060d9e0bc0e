import type { Budget } from '../values/budget.js';
import { pythonRepr, pythonStr } from './python-text.js';
import { TemplateError, UnsupportedError, type Args } from '../values/values.js';

const FIELD = /\{\{|\}\}|\{([^{}!:]*)(?:!([rs]))?(:[^{}]*)?\}|[{}]/g;

/** Python's `str.format`, for fields that are numbered or named and have no format of their own. */
export function formatted(format: string, { positional, named }: Args, budget: Budget): string {
  let next = 0;
  let isNumbered: boolean | undefined;
  let length = 0;
  const text = format.replace(FIELD, (field: string, name?: string, conversion?: string, spec?: string) => {
    if (field === '{{') return '{';
    if (field === '}}') return '}';
    if (name === undefined) throw new TemplateError('a single brace in a format string');
    if ((spec !== undefined && spec !== ':') || /[.[]/.test(name))
      throw new UnsupportedError(`the format ${field}`);
    if (/^\d*$/.test(name)) {
      if (isNumbered !== undefined && isNumbered !== (name !== ''))
        throw new TemplateError('a format string has fields with and without numbers');
      isNumbered = name !== '';
    }
    const value = /^\d*$/.test(name) ? positional[name === '' ? next++ : Number(name)] : named.get(name);
    if (value === undefined) throw new TemplateError(`there is no value for ${field}`);
    const written = conversion === 'r' ? pythonRepr(value, budget) : pythonStr(value, budget);
    budget.checkLength((length += written.length));
    return written;
  });
  budget.text(text.length);
  return text;
}
