/**
 * Gives every published package what all of them share, from the root: LICENSE, CHANGELOG.md, how it is published and, once the
 * root's package.json has them, `repository`, `homepage` and `bugs`. Whatever else names the version follows: packages that are
 * private, and examples.
 *
 *     node tools/packages/sync.js            # writes
 *     node tools/packages/sync.js --check    # fails if there is something to write, or a package is not fit to publish
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages, root } from './published.js';

const guides = JSON.parse(readFileSync(new URL('guides.json', import.meta.url), 'utf8'));
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
    publishConfig: { access: 'public', provenance: true },
  };
}

for (const { folder, manifest } of publishedPackages()) {
  put(join(folder, 'LICENSE'), read('LICENSE'));
  put(join(folder, 'CHANGELOG.md'), read('CHANGELOG.md'));
  put(join(folder, 'package.json'), `${JSON.stringify({ ...manifest, ...sharedFields(folder) }, null, 2)}\n`);
  const readme = read(join(folder, 'README.md')) ?? '';
  const guide = `docs/guide/${guides[manifest.name]}`;
  if (!existsSync(join(root, guide)))
    faults.push(`tools/packages/guides.json names no guide of ${manifest.name}`);
  const words = readme.replaceAll(/\s+/g, ' ');
  const wanted = {
    [`a README.md that names its guide, ${guide}`]: words.includes(`\`${guide}\``),
    'a README.md that names its API on the site': words.includes(`the API of \`${manifest.name}\``),
    'a README.md with an example in TypeScript': readme.includes('\n```ts\n'),
    'a description': Boolean(manifest.description),
    keywords: manifest.keywords?.length > 0,
    'CHANGELOG.md among its files': manifest.files?.includes('CHANGELOG.md'),
  };
  for (const [what, isThere] of Object.entries(wanted)) if (!isThere) faults.push(`${folder} needs ${what}`);
}

/** The version that a dependency on one of attune's packages has: what nx writes into those that are published. */
function withVersion(dependencies, published, version) {
  const entries = Object.entries(dependencies).map(([name, old]) => [
    name,
    published.has(name) ? version : old,
  ]);
  return Object.fromEntries(entries);
}

/** Dependencies of packages that are not published, on those that are. */
function syncDependencies(file, version, ownVersion) {
  const manifest = JSON.parse(read(file));
  const published = new Set(publishedPackages().map((one) => one.manifest.name));
  const changed = Object.fromEntries(
    ['dependencies', 'devDependencies', 'peerDependencies']
      .filter((kind) => manifest[kind])
      .map((kind) => [kind, withVersion(manifest[kind], published, version)]),
  );
  const own = ownVersion && manifest.version ? { version: ownVersion } : {};
  put(file, `${JSON.stringify({ ...manifest, ...own, ...changed }, null, 2)}\n`);
}

const { version } = JSON.parse(read('package.json'));
for (const group of ['apps', 'tools', 'examples']) {
  for (const name of readdirSync(join(root, group))) {
    const file = join(group, name, 'package.json');
    if (!existsSync(join(root, file)) || (group !== 'examples' && !JSON.parse(read(file)).private)) continue;
    if (group === 'examples') syncDependencies(file, `^${version}`);
    else syncDependencies(file, version, version);
  }
}

for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
