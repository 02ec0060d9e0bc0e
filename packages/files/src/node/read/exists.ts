import { stat } from 'node:fs/promises';

/** True if a file or folder of this name exists. */
export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
