import { readFile } from 'node:fs/promises';
import { AttuneError } from '@attune/core';
import { messageOf, readError } from './file-errors.js';

/**
 * Reads a JSON file.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function readJson(path: string, fix: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw readError(path, error, fix);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AttuneError('FILE_CORRUPT', `${path} is not valid JSON: ${messageOf(cause)}.`, { fix, cause });
  }
}
