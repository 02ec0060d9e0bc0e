import { AttuneError, parseJson } from '@attune/core';
import type { ByteSource } from './byte-source.js';

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
    value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    throw new AttuneError('FILE_CORRUPT', `${name} is not valid JSON: ${reason}.`, { cause });
  }
  if (!isJsonObject(value)) throw new AttuneError('FILE_CORRUPT', `${name} must hold a JSON object.`);
  return value;
}

/** The index of the largest models has 9 MB. What is much larger is no such file, and would only fill memory. */
const MAX_JSON_BYTES = 2 ** 24;

/**
 * Reads a JSON document of at most 16 MiB that holds an object.
 *
 * @param fix what to do if it is empty.
 * @throws AttuneError FILE_EMPTY, FILE_CORRUPT.
 */
export async function readJsonObject(source: ByteSource, fix?: string): Promise<JsonObject> {
  const { name, size } = source;
  if (size === 0) throw new AttuneError('FILE_EMPTY', `${name} is empty.`, { fix });
  if (size > MAX_JSON_BYTES) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name} has ${size} bytes: more than a JSON file of this kind has.`,
    );
  }
  return parseJsonObject(await source.read(0, size), name);
}
