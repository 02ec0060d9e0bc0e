import { readFile, stat } from 'node:fs/promises';
import { AttuneError, fileReadError, messageOf, parseJson } from '@attune/core';

/** The largest tokenizer.json there are have some 30 MB. */
const MAX_BYTES = 2 ** 28;

/**
 * Reads a JSON file of at most 256 MiB.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_CORRUPT.
 */
export async function readJson(path: string, fix: string): Promise<unknown> {
  const notFound = (error: unknown) => {
    throw fileReadError(path, error, fix);
  };
  const stats = await stat(path).catch(notFound);
  // Reading a pipe is waiting for somebody to write to it.
  if (!stats.isFile()) throw new AttuneError('FILE_READ', `${path} is not a file.`, { fix });
  const { size } = stats;
  if (size > MAX_BYTES) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${path} has ${size} bytes: more than a JSON file of this kind has.`,
      {
        fix,
      },
    );
  }
  const text = await readFile(path, 'utf8').catch(notFound);
  try {
    return parseJson(text);
  } catch (cause) {
    throw new AttuneError('FILE_CORRUPT', `${path} is not valid JSON: ${messageOf(cause)}.`, { fix, cause });
  }
}
