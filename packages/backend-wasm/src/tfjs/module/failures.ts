import { AttuneError, bytesOf, formatSpec } from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostValues, KernelHooks, Kernels } from '@attune/lowering-tfjs';
import { addressOf, specOf, uninitialised, viewOf } from './heap.js';

/**
 * The module reports what went wrong by a line on the console, and goes on with whatever the memory holds. These are
 * the lines since somebody last looked.
 */
const reports: string[] = [];

/** How Emscripten says that a module does not start. */
const startFailure = /^Aborted\(|^failed to asynchronously prepare wasm/;

/**
 * Starts the module so that its reports come here: it takes `console.warn` as it is then. What others print meanwhile
 * goes to the console. Fails with the module's first line, which says more than the error tfjs makes of it.
 */
export async function collectReports<T>(start: () => T | Promise<T>): Promise<T> {
  const { warn } = console;
  let started = false;
  console.warn = (...data: unknown[]) => {
    const text = data.join(' ');
    if (started || startFailure.test(text)) reports.push(text);
    else warn.apply(console, data);
  };
  try {
    return await start();
  } catch (error) {
    const [first] = reports.splice(0);
    throw first === undefined ? error : new Error(first, { cause: error });
  } finally {
    console.warn = warn;
    started = true;
  }
}

/** @throws AttuneError BACKEND_FAILURE with what the module reported. */
export function throwReports(): void {
  if (reports.length === 0) return;
  throw new AttuneError('BACKEND_FAILURE', `The WebAssembly module reports: ${reports.splice(0).join(' ')}`);
}

/**
 * Checks a tensor that was just made. Out of memory, the module returns address 0, and tfjs goes on.
 *
 * @throws AttuneError OUT_OF_MEMORY or BACKEND_FAILURE.
 */
function inspect(tensor: Tensor): void {
  if (addressOf(tensor) === 0) {
    reports.length = 0;
    const spec = specOf(tensor);
    throw new AttuneError(
      'OUT_OF_MEMORY',
      `WebAssembly is out of memory: ${formatSpec(spec)} takes ${bytesOf(spec)} bytes, and its memory ends at 4 GB.`,
      { fix: 'Use a smaller batch, shorter sequences or a smaller model, or another backend.' },
    );
  }
  throwReports();
}

/** Copies values to a tensor after checking its allocation: tfjs would write them to address 0. */
function upload(k: Kernels, { data, ...spec }: HostValues): Tensor {
  const tensor = uninitialised(k, spec);
  viewOf(tensor).set(data);
  return tensor;
}

/** How tensors come to be in the module. */
export const wasmHooks: KernelHooks = { inspect, upload };
