import { stat } from 'node:fs/promises';
import { AttuneError, isAttuneError } from '@attune/core';

/** Does some writing, and says what could not be written: FILE_WRITE. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isAttuneError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError('FILE_WRITE', `${path} cannot be written: ${reason}.`, {
      fix: 'Check that the folder is writable and that there is room on the disk.',
      cause,
    });
  }
}

/** Whether there is something of this name. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
