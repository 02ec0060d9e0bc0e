import { readJsonObject, type JsonObject } from '../../bytes/json.js';
import { openFileSource } from './file-source.js';

/**
 * Reads a JSON file of at most 16 MiB that holds an object.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function readJsonFile(path: string, fix?: string): Promise<JsonObject> {
  const source = await openFileSource(path, fix);
  try {
    return await readJsonObject(source, fix);
  } finally {
    await source.close();
  }
}
