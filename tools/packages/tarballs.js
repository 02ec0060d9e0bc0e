/**
 * The tarballs of all packages, made once for as long as nothing in them changes: every check that installs attune as a
 * stranger would takes them from here.
 *
 *     node tools/packages/tarballs.js    # prints the folder
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packAll } from './pack.js';
import { publishedPackages, root } from './published.js';

const cache = join(root, '.tmp/tarballs');
const LIST = 'packed.json';

/** Folders and files of a package that are never packed. */
const LEFT_OUT = /^(node_modules|out-tsc|fixtures|coverage|test-results\.json)$|\.(spec\.ts|tsbuildinfo)$/;

function addToHash(hash, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (LEFT_OUT.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addToHash(hash, path);
    else if (entry.isFile()) hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  }
}

/** A fingerprint of everything that the tarballs are made of, these scripts among it. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const { folder } of publishedPackages()) addToHash(hash, join(root, folder));
  for (const name of ['pack.js', 'native-package.js', 'published.js', 'tarballs.js']) {
    hash.update(readFileSync(new URL(name, import.meta.url)));
  }
  for (const name of ['LICENSE', 'CHANGELOG.md']) hash.update(readFileSync(join(root, name)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Packs all packages, unless the same were packed before. The packages have to be built.
 *
 * @returns the folder of the tarballs, and npm's list of what is in each, which names the file.
 */
export async function tarballs() {
  const folder = join(cache, fingerprint());
  const list = join(folder, LIST);
  if (!existsSync(list)) {
    mkdirSync(cache, { recursive: true });
    const unfinished = `${folder}.${process.pid}`;
    try {
      const packed = await packAll(unfinished);
      writeFileSync(join(unfinished, LIST), JSON.stringify(packed));
      for (const name of readdirSync(cache)) {
        if (!name.includes('.')) rmSync(join(cache, name), { recursive: true, force: true });
      }
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return { folder, packed: JSON.parse(readFileSync(list, 'utf8')) };
}

/** Every packed package as npm takes it among `dependencies`: its name and its tarball. */
export function asDependencies({ folder, packed }) {
  return Object.fromEntries(packed.map(({ name, filename }) => [name, `file:${join(folder, filename)}`]));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { folder, packed } = await tarballs();
  console.log(`${packed.length} packages in ${folder}`);
}
