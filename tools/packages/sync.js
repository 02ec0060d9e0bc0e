/**
 * Gives every published package what all of them share, from the root: LICENSE, CHANGELOG.md and, once the root's
 * package.json has them, `repository`, `homepage` and `bugs`.
 *
 *     node tools/packages/sync.js            # writes
 *     node tools/packages/sync.js --check    # fails if there is something to write, or a package is not fit to publish
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages, root } from './published.js';

const isCheck = process.argv.includes('--check');
const faults = [];

const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

/** Writes a file, or reports that it is not as it should be. */
function put(path, text) {
  if (read(path) === text) return;
  if (isCheck) faults.push(`${path} is not up to date: run node tools/packages/sync.js`);
  else writeFileSync(join(root, path), text);
}

/** The fields of the root's package.json that every package repeats. */
function sharedFields(folder) {
  const { version, license, repository, homepage, bugs } = JSON.parse(read('package.json'));
  return {
    version,
    license,
    ...(repository && { repository: { ...repository, directory: folder } }),
    ...(homepage && { homepage }),
    ...(bugs && { bugs }),
  };
}

for (const { folder, manifest } of publishedPackages()) {
  put(join(folder, 'LICENSE'), read('LICENSE'));
  put(join(folder, 'CHANGELOG.md'), read('CHANGELOG.md'));
  put(join(folder, 'package.json'), `${JSON.stringify({ ...manifest, ...sharedFields(folder) }, null, 2)}\n`);
  const readme = read(join(folder, 'README.md')) ?? '';
  const wanted = {
    'a README.md with an example in TypeScript': readme.includes('\n```ts\n'),
    'a description': Boolean(manifest.description),
    keywords: manifest.keywords?.length > 0,
    'CHANGELOG.md among its files': manifest.files?.includes('CHANGELOG.md'),
  };
  for (const [what, isThere] of Object.entries(wanted)) if (!isThere) faults.push(`${folder} needs ${what}`);
}

for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
