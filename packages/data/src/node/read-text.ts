import { constants } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { AttuneError } from '@attune/core';
import { readError } from './file-errors.js';
import { invalidUtf8At } from './invalid-utf8.js';

/**
 * Reads text files and joins them in the order given, with nothing in between. CRLF becomes LF; other line ends, and a
 * byte order mark, stay what they are.
 *
 * @param onFile called after each file.
 * @throws AttuneError FILE_NOT_FOUND; FILE_EMPTY; FILE_CORRUPT, with the offset of the first byte that is no UTF-8;
 * INVALID_ARGUMENT if there is no file, or more text than one string can hold (2²⁹ − 24 characters in Node).
 */
export async function readTexts(paths: readonly string[], onFile?: (done: number) => void): Promise<string> {
  if (paths.length === 0)
    throw new AttuneError('INVALID_ARGUMENT', 'Expected at least one text file, but got none.');
  await checkTotalSize(paths);
  let text = '';
  for (const [i, path] of paths.entries()) {
    text += await readText(path);
    onFile?.(i + 1);
  }
  return text;
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw readError(path, error, 'Check the path.');
  });
  if (bytes.length === 0) {
    throw new AttuneError('FILE_EMPTY', `${path} is empty.`, {
      fix: 'Leave it out, or check how it was made.',
    });
  }
  const offset = invalidUtf8At(bytes);
  if (offset >= 0) {
    const byte = bytes[offset]!.toString(16).padStart(2, '0');
    throw new AttuneError('FILE_CORRUPT', `${path} is not UTF-8: byte ${offset} is 0x${byte}.`, {
      fix: 'Convert it first, e.g. with `iconv -f LATIN1 -t UTF-8`.',
      data: { path, offset },
    });
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replaceAll('\r\n', '\n');
}

async function checkTotalSize(paths: readonly string[]): Promise<void> {
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        (error: unknown) => {
          throw readError(path, error, 'Check the path.');
        },
      ),
    ),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= constants.MAX_STRING_LENGTH) return;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `The files have ${total} bytes together, but only ${constants.MAX_STRING_LENGTH} can be prepared at once.`,
    {
      fix: 'Prepare parts of them into several folders with the same tokenizer, and join their train.bin files.',
    },
  );
}
