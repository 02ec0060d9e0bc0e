import { AttuneError } from '@attune/core';
import { JsonText } from '../../examples/rows/json-text.js';

/** More levels than any conversation has; a value that contains itself has no end of them. */
const DEEPEST = 400;

/**
 * Variables of a template as JSON, with each number as it was written: bigints and {@link JsonText} included. An integer
 * becomes Python's `int`, another number a `float`.
 *
 * @throws AttuneError INVALID_ARGUMENT for what JSON has no notation for.
 */
export function templateVariables(variables: Readonly<Record<string, unknown>>): string {
  return written(variables, 0);
}

function written(value: unknown, depth: number): string {
  if (depth > DEEPEST) throw unwritable(`it is nested more than ${DEEPEST} deep`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'bigint':
      return String(value);
    case 'number':
      // All digits: an integer of JavaScript's is one of Python's.
      return Number.isInteger(value) ? String(BigInt(value)) : String(value);
    case 'undefined':
      return 'null';
    case 'object':
      break;
    default:
      throw unwritable(`there is a ${typeof value} in it`);
  }
  if (value === null) return 'null';
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => written(item, depth + 1)).join(',')}]`;
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') return written(toJSON.call(value), depth + 1);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${written(item, depth + 1)}`).join(',')}}`;
}

function unwritable(why: string): AttuneError {
  return new AttuneError(
    'INVALID_ARGUMENT',
    `A variable of a chat template cannot be written as JSON: ${why}.`,
    {
      fix: 'Pass what JSON can write: no functions.',
    },
  );
}
