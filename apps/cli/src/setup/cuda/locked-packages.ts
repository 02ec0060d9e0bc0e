import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The lockfile of what is installed from npm: every package by version and integrity, so that a registry, or what is between,
 * cannot give another one. Made by `npm install --package-lock-only` from the dependencies it names.
 */
const LOCK = new URL('../../../setup/tfjs-node-gpu.lock.json', import.meta.url);

interface Lockfile {
  readonly packages: { readonly '': { readonly dependencies: Readonly<Record<string, string>> } };
}

/** Writes what `npm ci` reads. */
export async function writeLockedPackages(folder: string): Promise<void> {
  const lock = await readFile(LOCK, 'utf8');
  const { dependencies } = (JSON.parse(lock) as Lockfile).packages[''];
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(folder, 'package-lock.json'), lock);
}
