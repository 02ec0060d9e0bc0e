import { pathToFileURL } from 'node:url';
import { AttuneError, type PeerResolver } from '@attune/core';
import { engine } from '@tensorflow/tfjs-core';
import { prepareEnvironment, type Environment } from './environment.js';
import { LoadFailure, loadFailureOf, packageMissing } from './load-failure.js';
import { locateHere, type Located } from './locate.js';
import { PACKAGE } from './package.js';
import { nodeBackend, TFJS_BACKEND, type TfjsNode } from './tfjs-node.js';
import { restoreUtil } from './util-shims.js';

/** How the package is found and loaded. Tests bring their own. */
export interface Loader {
  locate(): Located | undefined;
  /** Imports a file. */
  import(file: string): Promise<unknown>;
  /** Variables to set before the library starts. */
  readonly env: Environment;
}

/** As Node does it. */
export const nodeLoader = (resolvePeer?: PeerResolver): Loader => ({
  locate: () => locateHere(resolvePeer),
  import: (file) => import(pathToFileURL(file).href),
  env: process.env,
});

/** The addon that was loaded. */
export interface Loaded {
  readonly tensorflow: string;
  readonly gpu: boolean;
}

/**
 * A prepared folder has a copy of tfjs-core of its own, which finds the engine of ours and joins it; but it says that it
 * sets the engine's platform a second time.
 */
async function withoutPlatformWarning<T>(work: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = (...data: unknown[]) => {
    if (!/^Platform node has already been set/.test(String(data[0]))) warn.apply(console, data);
  };
  try {
    return await work();
  } finally {
    console.warn = warn;
  }
}

/**
 * Loads the package, which registers its backend in the tfjs engine and makes it the current one: what was current before
 * is put back.
 *
 * @throws LoadFailure
 */
export async function load({ tf32 }: { readonly tf32: boolean }, loader: Loader): Promise<Loaded> {
  const located = loader.locate();
  if (!located) throw packageMissing(loader.env);
  prepareEnvironment(loader.env, { tf32 });
  restoreUtil();
  const before = engine().backendName;
  let module: TfjsNode & { readonly default?: TfjsNode };
  try {
    module = (await withoutPlatformWarning(() => loader.import(located.entry))) as typeof module;
  } catch (error) {
    throw loadFailureOf(error, located.addon, loader.env);
  }
  if ((module.default ?? module).engine() !== engine()) {
    throw new LoadFailure(
      'other',
      `${PACKAGE} in ${located.folder} brought a tfjs engine of its own`,
      'Its version of @tensorflow/tfjs-core must be 4.22.0.',
    );
  }
  if (before && before !== TFJS_BACKEND) await engine().setBackend(before);
  const { binding, isUsingGpuDevice } = nodeBackend();
  return { tensorflow: binding.TF_Version, gpu: isUsingGpuDevice };
}

let started: { readonly tf32: boolean; readonly loaded: Promise<Loaded> } | undefined;

/**
 * {@link load}, once in a process: a native library cannot be unloaded.
 *
 * @throws LoadFailure, or AttuneError INVALID_ARGUMENT if it runs already with another `tf32`.
 */
export async function loadOnce(
  { tf32 }: { readonly tf32: boolean },
  resolvePeer?: PeerResolver,
): Promise<Loaded> {
  if (started && started.tf32 !== tf32) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `tf32 is ${tf32}, but TensorFlow runs in this process with tf32 ${started.tf32} already.`,
      { fix: 'Set it for the first backend that is created: the libraries read it when they are loaded.' },
    );
  }
  const attempt = (started ??= { tf32, loaded: load({ tf32 }, nodeLoader(resolvePeer)) });
  try {
    return await attempt.loaded;
  } catch (error) {
    if (started === attempt) started = undefined;
    throw error;
  }
}
