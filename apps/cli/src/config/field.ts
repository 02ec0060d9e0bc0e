import { AttuneError } from '@attune/core';
import { z } from 'zod';
import { flagOf } from './spelling.js';

/** How a value is written and checked. */
type Kind = 'integer' | 'number' | 'boolean' | 'switch' | 'choice' | 'text' | 'texts';

/** A default that follows another value of the same set. */
export interface Derived<T> {
  /** For help: `a tenth of --learning-rate`. */
  readonly text: string;
  readonly of: (values: Readonly<Record<string, unknown>>) => T;
}

/** One setting: everything that is known about it, in one place. Schema, flag and help are made from this. */
export interface Field<T = unknown> {
  readonly kind: Kind;
  readonly description: string;
  /** Heading under which help lists it. */
  readonly group: string;
  /** Missing where the setting may be left out and then means nothing, or where it is required. */
  readonly default?: T | Derived<T>;
  readonly required?: true;
  /** What a valid value is, in words: `a whole number of at least 1`. */
  readonly expected: string;
  readonly schema: z.ZodType;
  /** What help shows in place of a value: `<n>`. */
  readonly placeholder: string;
}

/** Settings by their key, camelCase. */
export type Fields = Readonly<Record<string, Field>>;

/** The values of a set of fields, all defaults filled in. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

interface Described {
  readonly description: string;
}

interface About<T> extends Described {
  readonly default: T | Derived<T>;
}

interface Range {
  readonly min?: number;
  /** Exclusive. */
  readonly above?: number;
  readonly max?: number;
  /** Exclusive. */
  readonly below?: number;
}

function describeRange(noun: string, { min, above, max, below }: Range): string {
  const limits = [
    min !== undefined && `at least ${min}`,
    above !== undefined && `above ${above}`,
    max !== undefined && `at most ${max}`,
    below !== undefined && `below ${below}`,
  ].filter((limit) => limit !== false);
  return limits.length > 0 ? `${noun} ${noun.endsWith('number') ? 'of ' : ''}${limits.join(' and ')}` : noun;
}

function rangeSchema(schema: z.ZodNumber, { min, above, max, below }: Range): z.ZodNumber {
  let checked = schema;
  if (min !== undefined) checked = checked.min(min);
  if (above !== undefined) checked = checked.gt(above);
  if (max !== undefined) checked = checked.max(max);
  if (below !== undefined) checked = checked.lt(below);
  return checked;
}

/** Makers of fields that belong under one heading of the help. */
export function fieldGroup(group: string) {
  const numeric =
    (kind: 'integer' | 'number', schema: z.ZodNumber, noun: string) =>
    ({ description, ...range }: Described & Range): Field<number | undefined> => ({
      kind,
      group,
      description,
      expected: describeRange(noun, range),
      schema: rangeSchema(schema, range),
      placeholder: '<n>',
    });
  const optionalInteger = numeric('integer', z.int(), 'a whole number');
  const optionalNumber = numeric('number', z.number(), 'a number');
  const optionalText = (
    placeholder: string,
    { description, mayBeEmpty = false }: Described & { readonly mayBeEmpty?: boolean },
  ): Field<string | undefined> => ({
    kind: 'text',
    group,
    description,
    expected: mayBeEmpty ? 'text' : 'text that is not empty',
    schema: mayBeEmpty ? z.string() : z.string().min(1),
    placeholder: `<${placeholder}>`,
  });

  return {
    optionalInteger,
    optionalNumber,
    optionalText,
    integer: ({ default: value, ...about }: About<number> & Range): Field<number> => ({
      ...optionalInteger(about),
      default: value,
    }),
    number: ({ default: value, ...about }: About<number> & Range): Field<number> => ({
      ...optionalNumber(about),
      default: value,
    }),
    /** A number, or a word that stands for one or several. */
    numberOr: <const W extends string>(
      word: W,
      { default: value, ...about }: About<number | W> & Range,
    ): Field<number | W> => {
      const number = optionalNumber(about);
      return {
        ...number,
        default: value,
        expected: `"${word}" or ${number.expected}`,
        schema: z.union([z.literal(word), number.schema]),
        placeholder: `<n|${word}>`,
      };
    },
    requiredText: (placeholder: string, about: Described): Field<string> => ({
      ...optionalText(placeholder, about),
      default: undefined,
      required: true,
    }),
    text: (placeholder: string, about: About<string>): Field<string> => ({
      ...optionalText(placeholder, about),
      default: about.default,
    }),
    boolean: (about: About<boolean>): Field<boolean> => ({
      ...about,
      kind: 'boolean',
      group,
      expected: 'true or false',
      schema: z.boolean(),
      placeholder: '[true|false]',
    }),
    /** A flag without a value. */
    switch: (description: string): Field<boolean> => ({
      description,
      default: false,
      kind: 'switch',
      group,
      expected: 'true or false',
      schema: z.boolean(),
      placeholder: '',
    }),
    choice: <const T extends string>(choices: readonly T[], about: About<T>): Field<T> => ({
      ...about,
      kind: 'choice',
      group,
      expected: choices.map((choice) => `"${choice}"`).join(' or '),
      schema: z.enum(choices),
      placeholder: `<${choices.join('|')}>`,
    }),
    texts: (placeholder: string, about: About<readonly string[]>): Field<readonly string[]> => ({
      ...about,
      kind: 'texts',
      group,
      expected: 'one or more texts',
      schema: z.array(z.string().min(1)),
      placeholder: `<${placeholder}...>`,
    }),
  };
}

/** Whether a default is taken from another value. */
export function isDerived(value: unknown): value is Derived<unknown> {
  return typeof (value as Partial<Derived<unknown>> | undefined)?.of === 'function';
}

/**
 * Values with every default filled in, fixed ones first, then those that follow another value, in order.
 *
 * @throws AttuneError INVALID_CONFIG if one that is required is missing.
 */
export function withDefaults<F extends Fields>(fields: F, given: Partial<ValuesOf<F>>): ValuesOf<F> {
  const values: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    if (field.required && given[key] === undefined) {
      throw new AttuneError(
        'INVALID_CONFIG',
        `${flagOf(key)} ${field.placeholder} is missing: ${field.description}.`,
      );
    }
    const value = given[key] ?? (isDerived(field.default) ? undefined : field.default);
    if (value !== undefined) values[key] = value;
  }
  for (const [key, field] of Object.entries(fields)) {
    if (values[key] === undefined && isDerived(field.default)) values[key] = field.default.of(values);
  }
  // In the order of the fields, whatever was derived.
  const ordered = Object.keys(fields).flatMap((key) => (key in values ? [[key, values[key]]] : []));
  return Object.fromEntries(ordered) as ValuesOf<F>;
}
