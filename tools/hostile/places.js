/**
 * The folders of one case. The command works in `work`, which is all that it may change; `home` is the user's, and
 * `outside` is what links and paths of the corpus lead to.
 */
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A secret that attune may use to ask the hub for a model, and must show nobody. */
export const TOKEN = 'hf_CANARYcanaryCANARYcanary0123456789';

/** Makes the folders of a case, with a copy of what is honest to begin with. */
export function makePlaces(honest) {
  const root = mkdtempSync(join(tmpdir(), 'attune-hostile-'));
  const [work, home, outside, temporary] = ['work', 'home', 'outside', 'tmp'].map((name) => join(root, name));
  for (const folder of [home, temporary, join(outside, 'folder')]) mkdirSync(folder, { recursive: true });
  if (honest) cpSync(honest, work, { recursive: true });
  else mkdirSync(work);
  writeFileSync(join(home, 'diary.txt'), 'Nobody changes this.\n');
  writeFileSync(join(outside, 'victim.txt'), 'Nobody changes this, either.\n'.repeat(20));
  writeFileSync(join(outside, 'folder', 'step-1.txt'), 'Nor this.\n');
  // Planted code writes a file of this name beginning: that it is there says that the code was run.
  const marker = (name) => join(outside, `ran-${name}`);
  return {
    root,
    work,
    home,
    outside,
    temporary,
    marker,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function describe(path) {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (stats.isDirectory()) return 'folder';
  if (!stats.isFile()) return 'special';
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Everything under the case's folders that is not for the command to change, by path; links are not followed. */
export function snapshot({ root, home, outside }) {
  const found = new Map(readdirSync(root).map((name) => [name, 'top']));
  for (const folder of [home, outside]) {
    for (const entry of readdirSync(folder, { recursive: true })) {
      found.set(join(folder, entry), describe(join(folder, entry)));
    }
  }
  return found;
}

/** Files that came, went or changed between two snapshots. */
export function differences(before, after) {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).sort();
}

/** The files below a folder which hold the token. Links, and what is too large to have been written here, are left out. */
export function filesWithToken(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => lstatSync(path).size < 2 ** 26 && readFileSync(path).includes(TOKEN));
}
