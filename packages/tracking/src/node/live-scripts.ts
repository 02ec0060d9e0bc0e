import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The script of the live page, as it is built: also where this file is run from its source. */
const BUILT = fileURLToPath(new URL('../../dist/live/browser/', import.meta.url));

/** Reads the modules of the live page's script, by file name. */
export async function readLiveScripts(): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(BUILT)).filter((name) => name.endsWith('.js'));
  const modules = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(BUILT, name), 'utf8');
      return [name, text.replace(/^\/\/# sourceMappingURL=.*$/m, '')] as const;
    }),
  );
  return Object.fromEntries(modules);
}
