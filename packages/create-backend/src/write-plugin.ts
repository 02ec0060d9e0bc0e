import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AttuneError, fileWriteError } from '@attune/core';

/**
 * Writes files into a folder that is new or empty. Where that fails, what was written is removed again.
 *
 * @throws AttuneError INVALID_ARGUMENT if there is something in the folder, FILE_WRITE if it cannot be written.
 */
export function writePlugin(folder: string, files: ReadonlyMap<string, string>): void {
  const made = mkdirSafely(folder);
  try {
    for (const [path, text] of files) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      // Whoever writes there at the same time is not overwritten.
      writeFileSync(file, text, { flag: 'wx' });
    }
  } catch (error) {
    for (const path of files.keys())
      rmSync(join(folder, path.split('/')[0]!), { recursive: true, force: true });
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    throw fileWriteError(folder, error);
  }
}

/** Makes a folder. @returns the first that was made on the way to it. */
function mkdirSafely(folder: string): string | undefined {
  let made: string | undefined;
  try {
    made = mkdirSync(folder, { recursive: true });
  } catch (error) {
    if (!existsSync(folder)) throw fileWriteError(folder, error);
    throw new AttuneError('INVALID_ARGUMENT', `${folder} is there already, and is no folder.`, {
      fix: 'Choose another with --out.',
    });
  }
  const entries = readdirSync(folder);
  if (entries.length > 0) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The folder ${folder} is there already, and has ${entries[0]} in it.`,
      {
        fix: 'Choose another with --out, or remove it first.',
      },
    );
  }
  return made;
}
