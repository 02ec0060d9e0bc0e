import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The packages that are published, with their folders from the root: those that are not marked as private. */
export function publishedPackages() {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((name) => {
      const folder = join(group, name);
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return manifest.private ? [] : [{ folder, manifest }];
    }),
  );
}
