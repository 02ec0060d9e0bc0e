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

/** More than any file that is read at once has. */
const MAX_TEXT_BYTES = 2 ** 28;

/**
 * A text file. Pipes are not waited at, and devices not read: a folder of somebody else's may have one in place of a file.
 *
 * @param fix what to do if it does not exist.
 * @param maxBytes a larger file is not read.
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_CORRUPT if it is too large.
 */
export async function readText(path: string, fix?: string, maxBytes = MAX_TEXT_BYTES): Promise<string> {
  try {
    const stats = await stat(path);
    if (!stats.isFile() && !stats.isDirectory()) {
      throw new AttuneError('FILE_READ', `${path} is not a file.`, { fix });
    }
    if (stats.size > maxBytes && stats.isFile()) {
      throw new AttuneError('FILE_CORRUPT', `${path} has ${stats.size} bytes: more than such a file has.`, {
        fix: 'Check where it comes from.',
      });
    }
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
