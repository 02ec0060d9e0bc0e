import { readFile } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';
import { parseJsonObject, type JsonObject } from '../../bytes/json.js';

/**
 * Reads a JSON file that holds an object.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function readJsonFile(path: string, fix?: string): Promise<JsonObject> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileReadError(path, error, fix);
  });
  if (bytes.byteLength === 0) throw new AttuneError('FILE_EMPTY', `${path} is empty.`, { fix });
  return parseJsonObject(bytes, path);
}
