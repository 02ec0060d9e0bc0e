import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { attempt } from './attempt.js';

/** The compilers that the build of the native engine tries. */
const NAMES = ['cc', 'gcc', 'clang'];

/**
 * The C compiler on the PATH; `null` for none. It is looked for and not run, and not in folders that depend on the current one:
 * a stranger's folder may have a program of that name.
 */
export async function findCompiler(
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const names = env['CC'] ? [env['CC'], ...NAMES] : NAMES;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const name of names) {
    const files = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
    for (const file of files) {
      const isThere = await attempt(() => access(file, constants.X_OK).then(() => true));
      if (isThere) return file;
    }
  }
  return null;
}
