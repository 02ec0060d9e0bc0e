/** Shared by the scripts of this folder: the sources of the kernels, and a stamp beside the files that are made of them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A path in this package. */
export const pathOf = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The files of a folder and its folders, by name. */
function readTree(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(
    entries.map((entry) => {
      const path = `${folder}/${entry.name}`;
      return [entry.name, entry.isDirectory() ? readTree(path) : new Uint8Array(readFileSync(path))];
    }),
  );
}

/** The folder `kernels`, as a tree of files. */
export const kernelSources = () => readTree(pathOf('kernels'));

function addTree(hash, tree) {
  for (const [name, entry] of Object.entries(tree)) {
    hash.update(`${name}\0`);
    if (entry instanceof Uint8Array) hash.update(entry).update('\0');
    else addTree(hash, entry);
  }
}

/**
 * The stamp of files `names` in `folder`: a hash of the kernels' sources as they are now, and of the contents `by` that decide about
 * the result besides. Taken before compiling, so that sources which change meanwhile are compiled again next time.
 */
export function takeStamp({ folder, names, by }) {
  const hash = createHash('sha256');
  addTree(hash, kernelSources());
  for (const part of by) hash.update(part).update('\0');
  return { folder, names, hash: hash.digest('hex') };
}

/** True if the files that a stamp names are there, made of what is here now. */
export function isUpToDate(stamp) {
  const file = pathOf(`${stamp.folder}/stamp`);
  const complete = stamp.names.every((name) => existsSync(pathOf(`${stamp.folder}/${name}`)));
  return complete && existsSync(file) && readFileSync(file, 'utf8') === stamp.hash;
}

/** Writes files and their stamp. Each is replaced as a whole: somebody may be reading the old one. */
export function writeOutputs(stamp, outputs) {
  mkdirSync(pathOf(stamp.folder), { recursive: true });
  for (const [name, data] of Object.entries({ ...outputs, stamp: stamp.hash })) {
    const path = pathOf(`${stamp.folder}/${name}`);
    writeFileSync(`${path}.${process.pid}`, data);
    renameSync(`${path}.${process.pid}`, path);
  }
}
