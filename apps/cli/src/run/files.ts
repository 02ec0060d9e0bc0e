import { stat } from 'node:fs/promises';
import { fileWriteError } from '@attune/core';

/** Does some writing, and says what could not be written: FILE_WRITE. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw fileWriteError(path, cause);
  }
}

/** Whether there is something of this name. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
