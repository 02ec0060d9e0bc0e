import { AttuneError } from '@attune/core';
import { engine, env } from '@tensorflow/tfjs-core';
import { collectReports } from './failures.js';
import { prepareThreads } from './threads.js';
import type { WasmPaths } from '@attune/engine';
import { faultOf, wasmFiles } from './wasm-files.js';

/** The tfjs backend's name in the tfjs engine. */
export const TFJS_BACKEND = 'wasm';

/** The threads that the module computes on. */
export interface Threads {
  readonly count: number;
  /** Why it is one, where there could be more. */
  readonly fault?: string;
}

let users = 0;
let starting: Promise<Threads> | undefined;
/** True if this module started it, and so may end it. */
let ours = false;

/** Why the file that was needed cannot be used; `undefined` if that is not the reason. */
async function fileFault(paths: WasmPaths): Promise<string | undefined> {
  const [simd, threads] = await Promise.all([
    env().getAsync('WASM_HAS_SIMD_SUPPORT'),
    env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'),
  ]);
  const name = `tfjs-backend-wasm${simd ? (threads ? '-threaded-simd' : '-simd') : ''}.wasm`;
  const url = typeof paths === 'string' ? paths + name : paths[name];
  return url === undefined ? `wasmPaths has no ${name}` : faultOf(url);
}

async function start(given: WasmPaths | undefined): Promise<Threads> {
  // Imported here and not above: the package registers itself when it is loaded.
  const { getThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const tf = engine();
  ours = !tf.registry[TFJS_BACKEND];
  if (!ours) return { count: getThreadsCount() };
  // Node reads the files from the package.
  const paths = given ?? (env().get('IS_NODE') ? undefined : wasmFiles());
  if (paths !== undefined) setWasmPaths(paths as Parameters<typeof setWasmPaths>[0]);
  const fault = await prepareThreads();
  // By the factory rather than by setBackend, which would print the reason of a failure instead of giving it.
  const factory = tf.findBackendFactory(TFJS_BACKEND);
  try {
    tf.registry[TFJS_BACKEND] = await collectReports(factory);
  } catch (error) {
    // The module compiles whatever a server answers, and says only that it is no WebAssembly.
    const reason = paths === undefined ? undefined : await fileFault(paths);
    throw reason === undefined ? error : new Error(reason, { cause: error });
  }
  // Without a current one, tfjs would start another by itself at the next question.
  if (!tf.backendName) await tf.setBackend(TFJS_BACKEND);
  return { count: getThreadsCount(), ...(fault !== undefined && { fault }) };
}

/**
 * Starts the tfjs backend, unless it runs already, and counts its users.
 *
 * @returns the threads it computes on.
 * @throws AttuneError BACKEND_UNAVAILABLE.
 */
export async function acquire(paths?: WasmPaths): Promise<Threads> {
  users++;
  try {
    return await (starting ??= start(paths));
  } catch (error) {
    users--;
    starting = undefined;
    const reason = (error as { message?: string } | null)?.message ?? String(error);
    throw new AttuneError('BACKEND_UNAVAILABLE', `The WebAssembly module did not start: ${reason}`, {
      cause: error,
      fix:
        'In a browser, serve the .wasm files of @tensorflow/tfjs-backend-wasm, pass their folder as wasmPaths, and ' +
        'load the page again: tfjs keeps the first paths it was given.',
    });
  }
}

/**
 * Ends one use. After the last one the module goes, and its memory with it, which otherwise only grows; unless the
 * application uses tfjs too, and has tensors there.
 */
export function release(): void {
  users--;
  const tf = engine();
  if (users > 0 || !ours || tf.registry[TFJS_BACKEND]!.numDataIds() > 0) return;
  const factory = tf.findBackendFactory(TFJS_BACKEND);
  const { priority } = tf.registryFactory[TFJS_BACKEND]!;
  tf.removeBackend(TFJS_BACKEND);
  tf.registerBackend(TFJS_BACKEND, factory, priority);
  starting = undefined;
}
