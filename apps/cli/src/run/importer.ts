import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { Importer } from '@attune/core';
import { resolve } from 'import-meta-resolve';

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

/**
 * Loads a package as the user's folder sees it, and where it is not installed there, as the command itself does. So a
 * project can bring a backend of its own, and a global `attune` still finds those it came with.
 */
export function importFrom(folder: string): Importer {
  return (specifier) => import(resolveFrom(folder, specifier) ?? specifier);
}
