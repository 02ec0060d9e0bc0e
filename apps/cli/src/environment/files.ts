import { readJsonFile, readTextFile } from '@attune/files/node';

export { exists } from '@attune/files/node';

/**
 * A text file. Pipes are not waited at, and devices not read: a folder of somebody else's may have one in place of a file.
 *
 * @param fix what to do if it does not exist.
 * @param maxBytes a larger file is not read.
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_CORRUPT if it is too large.
 */
export function readText(path: string, fix?: string, maxBytes?: number): Promise<string> {
  return readTextFile(path, { fix, maxBytes });
}

/** The contents of a JSON file. @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_CORRUPT. */
export function readJson(path: string): Promise<unknown> {
  return readJsonFile(path, { maxBytes: MAX_JSON_BYTES });
}

/** More than any JSON file has: a `tokenizer.json` has up to 30 MB. */
const MAX_JSON_BYTES = 2 ** 28;
