import { lstat, open } from 'node:fs/promises';
import { AttuneError } from '@attune/core';

/** Within so many bytes a file says what it is. */
const HEAD_BYTES = 1024;

async function headOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Checks that a file is not there yet, or is one that the command wrote before.
 *
 * @param kind of file, for messages.
 * @param isOurs tells it by its first kilobyte.
 * @throws AttuneError INVALID_CONFIG if it is something else; FILE_READ.
 */
export async function refuseForeignFile(
  file: string,
  kind: string,
  isOurs: (head: string) => boolean,
): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (!found || (found.isFile() && isOurs(await headOf(file)))) return;
  throw new AttuneError('INVALID_CONFIG', `${file} exists, and is not ${kind}.`, {
    fix: 'Choose another name for --out, or remove it.',
  });
}
