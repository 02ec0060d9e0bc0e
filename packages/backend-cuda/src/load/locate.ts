import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PeerResolver } from '@attune/core';
import { faultOfPrepared, preparedFolder, readManifest, type PreparedManifest } from './prepared-folder.js';
import type { Environment } from './environment.js';
import { PACKAGE } from './package.js';

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
  readonly home?: string;
  /** Finds the package elsewhere: that one is taken before any other. */
  readonly resolvePeer?: PeerResolver;
  /** Where this package is installed. */
  readonly installation?: string;
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

/** The package's folder, by the address of a file of it. */
function folderOf(address: string): string {
  const file = fileURLToPath(address);
  const name = join('node_modules', PACKAGE);
  const at = file.lastIndexOf(name + sep);
  return at < 0 ? dirname(dirname(file)) : file.slice(0, at + name.length);
}

/**
 * Finds the package: where `resolvePeer` says, else in the folder that `attune setup cuda` made, else as this package sees
 * it. A prepared folder comes before that, since what is in it is known to have worked; it does not count where others may
 * write to it. The current folder, which may be a stranger's, is not looked into.
 */
export function locate({ env, home, resolvePeer, installation = here }: Places): Located | undefined {
  const elsewhere = resolvePeer?.(PACKAGE);
  if (elsewhere !== undefined) return describe(folderOf(elsewhere));
  const prepared = preparedFolder(env, home);
  const manifest = readManifest(prepared);
  if (manifest && faultOfPrepared(prepared) === undefined) {
    const folder = join(prepared, 'node_modules', PACKAGE);
    const libraries = resolve(prepared, manifest.libraries);
    if (existsSync(join(folder, 'package.json'))) return describe(folder, { ...manifest, libraries });
  }
  const folder = packageFrom(installation);
  return folder === undefined ? undefined : describe(folder);
}

/** {@link locate}, for this process. */
export function locateHere(resolvePeer?: PeerResolver): Located | undefined {
  return locate({ env: process.env, ...(resolvePeer && { resolvePeer }) });
}
