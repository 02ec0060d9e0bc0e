import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { knownBackends, type PeerResolver } from '@attune/core';
import { ownPackage } from '@attune/runs';
import { resolve } from 'import-meta-resolve';

/**
 * Loads a backend's package by name.
 *
 * @param backendsFrom the folder of `--backends-from`.
 */
export type BackendImporter = (specifier: string, backendsFrom?: string) => Promise<unknown>;

/** Where a package is, seen from a folder; `undefined` where it is not installed. */
function resolveFrom(folder: string, specifier: string): string | undefined {
  try {
    return resolve(specifier, pathToFileURL(join(folder, 'package.json')).href);
  } catch (error) {
    // A package that is there, but broken, is worth a message of its own: it is not passed over.
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

const ownPackages: readonly string[] = knownBackends.map(ownPackage);

/**
 * Loads backends. The user's folder may be a stranger's, and loading a package runs its code: attune's own backends come
 * from where the command is installed, and from elsewhere only if the user says so. A package that is not one of them was
 * named by the user; it is that of the user's folder, and where it is not installed there, the one the command sees.
 */
export function importFor(folder: string): BackendImporter {
  return (specifier, backendsFrom) => {
    const from = ownPackages.includes(specifier) ? backendsFrom : folder;
    return import((from !== undefined && resolveFrom(from, specifier)) || specifier);
  };
}

/** Finds engines of backends as a folder sees them. */
export function peersIn(folder: string): PeerResolver {
  return (specifier) => resolveFrom(folder, specifier);
}
