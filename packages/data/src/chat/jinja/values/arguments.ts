import { isInt, TemplateError, textOf, typeName, type Args, type Value } from './values.js';

/** No arguments. */
export const NO_ARGS: Args = { positional: [], named: new Map() };

/**
 * The arguments of a function of ours, by the names that Python gives them.
 *
 * @throws TemplateError for one that the function does not have, or that is given twice.
 */
export class Bound {
  private readonly values = new Map<string, Value>();

  constructor(
    private readonly name: string,
    { positional, named }: Args,
    names: readonly string[],
  ) {
    if (positional.length > names.length) {
      throw new TemplateError(
        `${name}() takes at most ${names.length} arguments, but ${positional.length} were given`,
      );
    }
    positional.forEach((value, i) => this.values.set(names[i]!, value));
    for (const [key, value] of named) {
      if (!names.includes(key))
        throw new TemplateError(`${name}() got an unexpected keyword argument '${key}'`);
      if (this.values.has(key))
        throw new TemplateError(`${name}() got multiple values for argument '${key}'`);
      this.values.set(key, value);
    }
  }

  /** `undefined` if it was not given. */
  get(name: string): Value | undefined {
    return this.values.get(name);
  }

  /** The argument, or None. */
  optional(name: string): Value {
    return this.values.get(name) ?? null;
  }

  required(name: string): Value {
    const value = this.values.get(name);
    if (value === undefined) throw new TemplateError(`${this.name}() is missing the argument '${name}'`);
    return value;
  }

  text(name: string): string {
    const value = this.required(name);
    const text = textOf(value);
    if (text === undefined) throw this.wrong(name, 'str', value);
    return text;
  }

  /** A text, or `undefined` where it is missing or None. */
  optionalText(name: string): string | undefined {
    return this.optional(name) === null ? undefined : this.text(name);
  }

  /** An integer, or the default where it is missing. */
  integer(name: string, byDefault?: number): number {
    const value =
      this.values.get(name) ?? (byDefault === undefined ? this.required(name) : BigInt(byDefault));
    if (!isInt(value)) throw this.wrong(name, 'int', value);
    const number = Number(value);
    return Math.max(-(2 ** 40), Math.min(2 ** 40, number));
  }

  private wrong(name: string, expected: string, value: Value): TemplateError {
    return new TemplateError(`${this.name}() expects ${expected} for '${name}', not ${typeName(value)}`);
  }
}
