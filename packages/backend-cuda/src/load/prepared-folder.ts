import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.js';
import { PACKAGE } from './package.js';
import { writableByOthers, type Identity } from './writable-by-others.js';

/** The file that `attune setup cuda` writes last: a folder with it is whole. */
export const MANIFEST = 'attune-cuda.json';

/** The manifest of a prepared folder. */
export interface PreparedManifest {
  /** Version of `@tensorflow/tfjs-node-gpu`, whose sources the addon was built from. */
  readonly tfjsNode: string;
  /** TensorFlow's version, as the addon reported it after the build. */
  readonly tensorflow: string;
  /** Where TensorFlow's libraries lie: seen from the folder, or, where they are the user's, from the root. */
  readonly libraries: string;
  /** The value of `--libtensorflow`. */
  readonly source: string;
}

/**
 * Where `attune setup cuda` puts the package and its addon: `ATTUNE_CUDA_DIR`, else a folder among the user's data.
 */
export function preparedFolder(env: Environment = process.env, home: string = homedir()): string {
  if (env['ATTUNE_CUDA_DIR']) return env['ATTUNE_CUDA_DIR'];
  const data =
    env['XDG_DATA_HOME'] ||
    (process.platform === 'win32' && env['LOCALAPPDATA']) ||
    join(home, '.local', 'share');
  return join(data, 'attune', 'cuda');
}

/** Reads a folder's manifest; `undefined` where there is none, or it is not valid. */
export function readManifest(folder: string): PreparedManifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Partial<PreparedManifest>;
    const keys = ['tfjsNode', 'tensorflow', 'libraries', 'source'] as const;
    return keys.every((key) => typeof manifest[key] === 'string')
      ? (manifest as PreparedManifest)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The files of a prepared folder that are loaded. */
const loaded = (folder: string) => [
  join(folder, MANIFEST),
  join(folder, 'node_modules', PACKAGE, 'package.json'),
  join(folder, 'node_modules', PACKAGE, 'lib', 'napi-v8', 'tfjs_binding.node'),
];

/**
 * Why nothing is loaded from a prepared folder: another user could have put it there. `undefined` where all is well, or
 * nothing is prepared.
 */
export function faultOfPrepared(folder: string, me?: Identity): string | undefined {
  if (!readManifest(folder)) return undefined;
  for (const file of loaded(folder)) {
    const fault = existsSync(file) ? writableByOthers(file, me) : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}
