import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preparedFolder, readManifest, type PreparedManifest } from './prepared-folder.js';
import type { Environment } from './environment.js';

/** The package that brings TensorFlow to Node. */
export const PACKAGE = '@tensorflow/tfjs-node-gpu';

/** An installed package, as its files show it: nothing is loaded. */
export interface Located {
  /** The package's folder. */
  readonly folder: string;
  /** The file to import. */
  readonly entry: string;
  readonly version: string;
  /** Where its native addon is, or would be. */
  readonly addon: string;
  /** The libraries' folder. */
  readonly libraries: string;
  /** There, if the package is in a folder that `attune setup cuda` made. */
  readonly prepared?: PreparedManifest;
}

/** Where to look. */
export interface Places {
  readonly env: Environment;
  /** The user's folder. */
  readonly cwd: string;
  readonly home?: string;
}

const here = dirname(fileURLToPath(import.meta.url));

/** The package as Node would find it from a folder: in its `node_modules`, or in those of a folder above. */
function packageFrom(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', PACKAGE);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (dirname(at) === at) return undefined;
  }
}

/** A package's own description of itself; empty where it cannot be read. */
function describedIn(folder: string): { readonly version?: string; readonly main?: string } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version?: string;
      main?: string;
    };
  } catch {
    return {};
  }
}

function describe(folder: string, prepared?: PreparedManifest): Located {
  const { version = 'of unknown version', main = 'dist/index.js' } = describedIn(folder);
  return {
    folder,
    entry: join(folder, main),
    version,
    // Node 20 and later speak version 8 of Node-API, the newest that the package knows.
    addon: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'),
    libraries: prepared?.libraries ?? join(folder, 'deps', 'lib'),
    ...(prepared && { prepared }),
  };
}

/**
 * Finds the package: in the folder that `attune setup cuda` made, else as the user's folder sees it, else as this package
 * does. A prepared folder comes first, since what is in it is known to have worked.
 */
export function locate({ env, cwd, home }: Places): Located | undefined {
  const prepared = preparedFolder(env, home);
  const manifest = readManifest(prepared);
  if (manifest) {
    const folder = join(prepared, 'node_modules', PACKAGE);
    const libraries = resolve(prepared, manifest.libraries);
    if (existsSync(join(folder, 'package.json'))) return describe(folder, { ...manifest, libraries });
  }
  const folder = packageFrom(cwd) ?? packageFrom(here);
  return folder === undefined ? undefined : describe(folder);
}

/** {@link locate}, for this process. */
export function locateHere(): Located | undefined {
  return locate({ env: process.env, cwd: process.cwd() });
}
