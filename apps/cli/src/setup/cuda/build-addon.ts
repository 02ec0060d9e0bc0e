import { mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AttuneError, isAttuneError } from '@attune/core';
import { PACKAGE } from '@attune/backend-cuda';
import type { Libtensorflow } from './libtensorflow.js';
import type { SetupTools } from './tools.js';

/** The sources and the target of the addon's build. */
export interface AddonBuild {
  /** The folder with `node_modules`. */
  readonly folder: string;
  readonly libtensorflow: Libtensorflow;
  /** True if the libraries lie within the folder, which is moved when it is done. */
  readonly within: boolean;
  readonly compiler: string;
}

/** Where a folder's addon is. */
export function addonOf(folder: string): string {
  return join(folder, 'node_modules', PACKAGE, 'lib', 'napi-v8', 'tfjs_binding.node');
}

/**
 * Compiles the addon from the package's own sources. Node-API is the same for every version of Node, so its headers come
 * from a package, and neither Python nor a download of Node's headers is needed.
 *
 * @throws AttuneError SETUP_FAILED
 */
export async function buildAddon(
  { folder, libtensorflow, within, compiler }: AddonBuild,
  { run }: SetupTools,
): Promise<void> {
  const { include, libraries, files } = libtensorflow;
  const addon = addonOf(folder);
  const sources = join(folder, 'node_modules', PACKAGE, 'binding');
  const search = within ? `$ORIGIN/${relative(dirname(addon), libraries)}` : libraries;
  await mkdir(dirname(addon), { recursive: true });
  const args = [
    ...['-shared', '-fPIC', '-O2', '-std=c++17', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
    ...['-I', join(folder, 'node_modules', 'node-api-headers', 'include'), '-I', include],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(sources, file)),
    ...['-o', addon, ...files, `-Wl,-rpath,${search}`],
  ];
  try {
    await run(compiler, args, { cwd: folder });
  } catch (error) {
    if (!isAttuneError(error, 'SETUP_FAILED') || !error.data?.['missing']) throw error;
    throw new AttuneError('SETUP_FAILED', `There is no C++ compiler "${compiler}" here.`, {
      cause: error,
      fix: 'Install one (apt install g++, dnf install gcc-c++), or name it in the variable CXX, and run this again.',
    });
  }
}
