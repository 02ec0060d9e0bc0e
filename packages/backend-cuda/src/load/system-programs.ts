import { delimiter, dirname, isAbsolute, normalize, sep } from 'node:path';
import type { Environment } from './environment.js';

/** True for a folder of programs that does not depend on where a command is run. */
function isFixed(folder: string): boolean {
  return isAbsolute(folder) && !`${normalize(folder)}${sep}`.includes(`${sep}node_modules${sep}.bin${sep}`);
}

/**
 * How to start a program of the system's (`nvidia-smi`, `npm`), so that none of the current folder is taken for it: npm and
 * npx put that folder's `node_modules/.bin` first on the PATH, a PATH may name it, and Windows looks into it anyway.
 */
export function systemPrograms(env: Environment = process.env): {
  readonly env: Environment;
  readonly cwd: string;
} {
  // Windows spells it `Path`.
  const entries = Object.entries(env).map(([name, value]): [string, string | undefined] => {
    if (name.toUpperCase() !== 'PATH' || value === undefined) return [name, value];
    return [name, value.split(delimiter).filter(isFixed).join(delimiter)];
  });
  return { env: Object.fromEntries(entries), cwd: dirname(process.execPath) };
}
