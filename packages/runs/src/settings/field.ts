import { AttuneError } from '@attune/core';
import { z } from 'zod';
import { flagOf } from './spelling.js';

/** How a value is written and checked. */
export type FieldKind = 'integer' | 'number' | 'boolean' | 'switch' | 'choice' | 'text' | 'texts';

/** A default that follows another value of the same set. */
export interface Derived<T> {
  /** For help: `a tenth of --learning-rate`. */
  readonly text: string;
  readonly of: (values: Readonly<Record<string, unknown>>) => T;
}

/**
 * Decides if a run that goes on may have another value: `free` where the steps come out the same, or where the user says
 * what the coming steps do; `fixed` where it would be another run under the name of this one; a rule where it depends on
 * the values, true if both make the same run.
 */
export type ResumeRule = 'free' | 'fixed' | ((begun: unknown, now: unknown) => boolean);

/** Added to the fields of a run's settings. */
export interface Resumable {
  readonly resume: ResumeRule;
  /**
   * The value of runs that were begun before there was the setting, where it is not the default: see
   * `recordedSettings`.
   */
  readonly before?: unknown;
}

/** One value that a user gives: everything that is known about it, in one place. Schema, flag and help are made from this. */
export interface Field<T = unknown> {
  readonly kind: FieldKind;
  readonly description: string;
  /** Heading under which help lists it. */
  readonly group: string;
  /** Missing where the setting may be left out and then means nothing, or where it is required. */
  readonly default?: T | Derived<T>;
  readonly required?: true;
  /** The valid values in words: `a whole number of at least 1`. */
  readonly expected: string;
  readonly schema: z.ZodType;
  /** The numbers that it takes, where it takes numbers. */
  readonly range?: NumberRange;
  /** The placeholder of a value in help: `<n>`. */
  readonly placeholder: string;
}

/** Fields by their key, camelCase. */
export type Fields = Readonly<Record<string, Field>>;

/** A field of a run: resuming knows it, too. */
export type Setting<T = unknown> = Field<T> & Resumable;

/** The settings of a run by their key, camelCase. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values of a set of fields, all defaults filled in. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** The options of every kind of field. */
export interface Described {
  readonly description: string;
}

/** The options of a field with a default. */
export interface About<T> extends Described {
  readonly default: T | Derived<T>;
}

/** The numbers that a field takes. */
export interface NumberRange {
  readonly min?: number;
  /** Exclusive. */
  readonly above?: number;
  readonly max?: number;
  /** Exclusive. */
  readonly below?: number;
}

function describeRange(noun: string, { min, above, max, below }: NumberRange): string {
  const limits = [
    min !== undefined && `at least ${min}`,
    above !== undefined && `above ${above}`,
    max !== undefined && `at most ${max}`,
    below !== undefined && `below ${below}`,
  ].filter((limit) => limit !== false);
  if (limits.length === 0) return noun;
  // "a number of at least 1", but "a number above 0".
  const of = noun.endsWith('number') && /^at /.test(limits[0]!) ? 'of ' : '';
  return `${noun} ${of}${limits.join(' and ')}`;
}

function rangeSchema(schema: z.ZodNumber, { min, above, max, below }: NumberRange): z.ZodNumber {
  let checked = schema;
  if (min !== undefined) checked = checked.min(min);
  if (above !== undefined) checked = checked.gt(above);
  if (max !== undefined) checked = checked.max(max);
  if (below !== undefined) checked = checked.lt(below);
  return checked;
}

const nouns = { integer: 'a whole number', number: 'a number' };

/** The range of a numeric field, in words and as a schema as well. */
function numbers(kind: keyof typeof nouns, range: NumberRange) {
  return {
    range,
    expected: describeRange(nouns[kind], range),
    schema: rangeSchema(kind === 'integer' ? z.int() : z.number(), range),
  };
}

/**
 * A field that takes only some of the numbers that another takes, as where a place has limits of its own.
 *
 * @param limits they replace those of the field, and may not be wider.
 */
export function narrowed<F extends Field>(field: F, limits: NumberRange): F {
  return { ...field, ...numbers(field.kind as keyof typeof nouns, { ...field.range, ...limits }) };
}

/** Makers of fields with the properties `E` beside those of every field. */
function makers<E extends object>(group: string) {
  const made = <T>(field: Omit<Field<T>, 'group'> & E): Field<T> & E => ({ ...field, group });

  const numeric =
    (kind: keyof typeof nouns) =>
    (about: Described & NumberRange & E): Field<number | undefined> & E => {
      const { min, above, max, below, ...described } = about;
      const given = Object.entries({ min, above, max, below }).filter(([, limit]) => limit !== undefined);
      const range: NumberRange = Object.fromEntries(given);
      return made<number | undefined>({
        ...(described as unknown as Described & E),
        kind,
        ...numbers(kind, range),
        placeholder: '<n>',
      });
    };
  const optionalInteger = numeric('integer');
  const optionalNumber = numeric('number');
  const optionalText = (
    placeholder: string,
    about: Described & { readonly mayBeEmpty?: boolean } & E,
  ): Field<string | undefined> & E => {
    const { mayBeEmpty = false, ...described } = about;
    return made<string | undefined>({
      ...(described as unknown as Described & E),
      kind: 'text',
      expected: mayBeEmpty ? 'text' : 'text that is not empty',
      schema: mayBeEmpty ? z.string() : z.string().min(1),
      placeholder: `<${placeholder}>`,
    });
  };

  return {
    optionalInteger,
    optionalNumber,
    optionalText,
    integer: (about: About<number> & NumberRange & E) =>
      ({
        ...optionalInteger(about),
        default: about.default,
      }) as Field<number> & E,
    number: (about: About<number> & NumberRange & E) =>
      ({
        ...optionalNumber(about),
        default: about.default,
      }) as Field<number> & E,
    /** A number, or a word that stands for one or several. */
    numberOr: <const W extends string>(word: W, about: About<number | W> & NumberRange & E) => {
      const number = optionalNumber(about);
      return {
        ...number,
        default: about.default,
        expected: `"${word}" or ${number.expected}`,
        schema: z.union([z.literal(word), number.schema]),
        placeholder: `<n|${word}>`,
      } as Field<number | W> & E;
    },
    requiredText: (placeholder: string, about: Described & E) =>
      ({ ...optionalText(placeholder, about), default: undefined, required: true }) as Field<string> & E,
    text: (placeholder: string, about: About<string> & E) =>
      ({ ...optionalText(placeholder, about), default: about.default }) as Field<string> & E,
    /** A whole number whose default follows other values, or that is not set where these leave it no meaning. */
    derivedInteger: (about: About<number | undefined> & NumberRange & E) =>
      ({ ...optionalInteger(about), default: about.default }) as Field<number | undefined> & E,
    optionalBoolean: (about: Described & E) =>
      made<boolean | undefined>({
        ...about,
        kind: 'boolean',
        expected: 'true or false',
        schema: z.boolean(),
        placeholder: '[true|false]',
      }),
    boolean: (about: About<boolean> & E) =>
      made<boolean>({
        ...about,
        kind: 'boolean',
        expected: 'true or false',
        schema: z.boolean(),
        placeholder: '[true|false]',
      }),
    /** A flag without a value. */
    switch: (about: Described & E) =>
      made<boolean>({
        ...about,
        default: false,
        kind: 'switch',
        expected: 'true or false',
        schema: z.boolean(),
        placeholder: '',
      }),
    /** One of several words. `former`: words that are taken as well, and not shown; whoever reads them translates them. */
    choice: <const T extends string>(
      choices: readonly T[],
      about: About<T> & { readonly former?: readonly string[] } & E,
    ) => {
      const { former = [], ...described } = about;
      return made<T>({
        ...(described as unknown as About<T> & E),
        kind: 'choice',
        expected: choices.map((choice) => `"${choice}"`).join(' or '),
        schema: z.enum([...choices, ...former]),
        placeholder: `<${choices.join('|')}>`,
      });
    },
    texts: (placeholder: string, about: About<readonly string[]> & E) =>
      made<readonly string[]>({
        ...about,
        kind: 'texts',
        expected: 'one or more texts',
        schema: z.array(z.string().min(1)),
        placeholder: `<${placeholder}...>`,
      }),
  };
}

/** Makers of a command's fields that belong under one heading of the help. */
export const fieldGroup = (group: string) => makers<object>(group);

/** Makers of a run's settings: none is made until it is decided what resuming a run does with it. */
export const settingGroup = (group: string) => makers<Resumable>(group);

/** True if a default is derived from another value. */
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
    const derived =
      values[key] === undefined && isDerived(field.default) ? field.default.of(values) : undefined;
    if (derived !== undefined) values[key] = derived;
  }
  // In the order of the fields, whatever was derived.
  const ordered = Object.keys(fields).flatMap((key) => (key in values ? [[key, values[key]]] : []));
  return Object.fromEntries(ordered) as ValuesOf<F>;
}
