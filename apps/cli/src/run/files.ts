import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, fileReadError, fileWriteError, messageOf, parseJson } from '@attune/core';

/** Does some writing, and says what could not be written: FILE_WRITE. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw fileWriteError(path, cause);
  }
}

/**
 * A text file.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ.
 */
export async function readText(path: string, fix?: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw fileReadError(path, cause, fix);
  }
}

/** What a JSON file holds. @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_CORRUPT. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return parseJson(text);
  } catch (cause) {
    throw new AttuneError('FILE_CORRUPT', `${path} cannot be read as JSON: ${messageOf(cause)}.`, { cause });
  }
}

/** The first of some folders that has one of these files. */
export async function firstWith(
  folders: readonly string[],
  ...files: readonly string[]
): Promise<string | undefined> {
  for (const folder of folders) {
    for (const file of files) if (await exists(join(folder, file))) return folder;
  }
  return undefined;
}

/** Whether there is something of this name. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
