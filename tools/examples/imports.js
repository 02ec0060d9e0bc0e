import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

/**
 * Imports of packages that a package.json does not name: one that stands beside others finds theirs, too.
 *
 * @param folder all of its sources are read.
 * @param named names of the packages that may be imported.
 */
export function undeclaredImports(folder, named) {
  const found = new Set();
  for (const file of readdirSync(folder, { recursive: true })) {
    if (!/(?<!\.d)\.[jt]s$/.test(file) || /(^|\/)(node_modules|dist|out)\//.test(file)) continue;
    for (const [, name] of readFileSync(join(folder, file), 'utf8').matchAll(
      /\b(?:from|import)\s*\(?\s*['"]([^'".][^'"]*)['"]/g,
    )) {
      const [scope, rest] = name.split('/');
      const one = scope.startsWith('@') ? `${scope}/${rest}` : scope;
      if (!isBuiltin(name) && !(one in named))
        found.add(`${file} imports ${one}, which package.json does not name`);
    }
  }
  return [...found];
}
