import { didYouMean, shortened } from '@attune/core';
import type { z } from 'zod';
import { ApiError, invalid } from './api-error.js';

/** The longest part of a request that an error repeats, in UTF-16 units. */
const SHOWN = 80;

const named = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, '');

/** The parameters that a request may have, and those it may not. */
export interface RequestForm<Schema extends z.ZodObject> {
  readonly schema: Schema;
  /** Parameters that change nothing here: they are accepted, and do nothing. */
  readonly harmless: readonly string[];
  /** Parameters that would change the answer and are not supported, each with what to do instead. */
  readonly refused: Readonly<Record<string, Refusal>>;
}

/** A parameter that is not supported. */
export interface Refusal {
  /** The thing to do instead, as a sentence. */
  readonly instead: string;
  /** True for values that ask for nothing. `null` always does. */
  readonly idle?: (value: unknown) => boolean;
}

/**
 * Reads a request.
 *
 * @throws ApiError 400 that names the parameter, and quotes no value.
 */
export function validate<Schema extends z.ZodObject>(
  { schema, harmless, refused }: RequestForm<Schema>,
  body: unknown,
): z.infer<Schema> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('The body must be a JSON object.', undefined, 'invalid_type');
  }
  const known = Object.keys(schema.shape);
  // Without a prototype, a key is one of the request's, whatever it is called.
  const given: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(body)) {
    if (known.includes(key)) given[key] = value;
    else if (!harmless.includes(key)) checkRefused(key, value, refused, known);
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data as z.infer<Schema>;
  const { path, message } = parsed.error.issues[0]!;
  const param = shortened(named(path), SHOWN);
  throw invalid(`${param}: ${message.replace(/\.$/, '')}.`, param, 'invalid_value');
}

function checkRefused(
  key: string,
  value: unknown,
  refused: Readonly<Record<string, Refusal>>,
  known: readonly string[],
): void {
  const refusal = Object.hasOwn(refused, key) ? refused[key]! : undefined;
  const param = shortened(key, SHOWN);
  if (refusal === undefined) {
    throw new ApiError(400, `There is no parameter ${param}. ${didYouMean(key, known)}`, {
      param,
      code: 'unknown_parameter',
    });
  }
  if (value === null || refusal.idle?.(value)) return;
  throw new ApiError(400, `${param} is not supported. ${refusal.instead}`, {
    param,
    code: 'unsupported_parameter',
  });
}
