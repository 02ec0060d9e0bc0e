import { AttuneError, didYouMean, shownValue } from '@attune/core';
import { z } from 'zod';
import type { Fields, ValuesOf } from './field.js';

/** Where values come from, for messages. */
export interface Source {
  /** A file, or empty for the command line. */
  readonly name: string;
  /** How a key is spelled there. */
  readonly spell: (key: string) => string;
}

/** The schema of some of the values: what a file, a preset or the flags hold. */
function schemaOf(fields: Fields) {
  return z.strictObject(
    Object.fromEntries(Object.entries(fields).map(([key, { schema }]) => [key, schema.optional()])),
  );
}

/** More unknown keys than this are counted, not listed: a file may have a hundred thousand. */
const SHOWN = 8;

/**
 * Checks values against their fields.
 *
 * @throws AttuneError UNKNOWN_KEY with the nearest known key; INVALID_CONFIG that lists every value that does not fit,
 * with what was expected.
 */
export function validate<F extends Fields>(fields: F, values: unknown, source: Source): Partial<ValuesOf<F>> {
  const result = schemaOf(fields).safeParse(values);
  if (result.success) return result.data as Partial<ValuesOf<F>>;

  const prefix = source.name && `${source.name}: `;
  const unknown = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [],
  );
  if (unknown.length > 0) {
    const known = Object.keys(fields).map(source.spell);
    // What there is is listed once, however many there are that are not.
    const hints = new Set(unknown.slice(0, SHOWN).map((key) => didYouMean(key, known)));
    const more = unknown.length > SHOWN ? ` and ${unknown.length - SHOWN} more` : '';
    const names = `${unknown
      .slice(0, SHOWN)
      .map((key) => `"${key}"`)
      .join(', ')}${more}`;
    const verb = unknown.length === 1 ? 'is not a setting' : 'are not settings';
    throw new AttuneError('UNKNOWN_KEY', `${prefix}${names} ${verb}. ${[...hints].join(' ')}`, {
      data: { keys: unknown },
    });
  }
  const wrong = [...new Set(result.error.issues.map((issue) => String(issue.path[0])))];
  const given = values as Record<string, unknown>;
  const faults = wrong.map((key) => {
    return `${source.spell(key)} must be ${fields[key]!.expected}, but is ${shownValue(given[key])}.`;
  });
  throw new AttuneError('INVALID_CONFIG', prefix + faults.join(' '), { data: { keys: wrong } });
}
