import { realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder whose `node_modules` a file of attune's lies in; `undefined` in a checkout. */
function installedIn(file: string): string | undefined {
  const at = file.lastIndexOf(`${sep}node_modules${sep}@attune${sep}`);
  return at < 0 ? undefined : file.slice(0, at);
}

/** True if a folder is another one, or above it. */
function holds(folder: string, inner: string): boolean {
  const path = relative(folder, inner);
  return !path.startsWith('..') && !isAbsolute(path);
}

/**
 * The command that installs packages where this command finds them: beside it, in a project; globally, where it was
 * installed so; and, where npx keeps it, together with it in the user's folder.
 *
 * @param folder the user's.
 * @param file of this command.
 */
export function installLine(
  packages: readonly string[],
  folder = process.cwd(),
  file = realpathSync(fileURLToPath(import.meta.url)),
): string {
  const home = installedIn(file);
  const names = packages.join(' ');
  // Their install scripts fetch what is not needed here.
  const install = (what: string) => `npm install ${what} --ignore-scripts`;
  if (home !== undefined && home.includes(`${sep}_npx${sep}`)) return install(`@attune/cli ${names}`);
  const isLocal = home === undefined || holds(home, folder);
  return install(isLocal ? names : `--global ${names}`);
}
