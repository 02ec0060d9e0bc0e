import { AttuneError } from '@attune/core';

/** A parsed JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object, not an array or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON from UTF-8.
 *
 * @param name of the file, for messages.
 * @throws AttuneError FILE_CORRUPT if it is not UTF-8, not JSON or not an object.
 */
export function parseJsonObject(bytes: Uint8Array, name: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    throw new AttuneError('FILE_CORRUPT', `${name} is not valid JSON: ${reason}.`, { cause });
  }
  if (!isJsonObject(value)) throw new AttuneError('FILE_CORRUPT', `${name} must hold a JSON object.`);
  return value;
}
