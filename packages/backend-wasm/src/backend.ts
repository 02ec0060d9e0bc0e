import { defineBackend, engineBackend } from '@attune/core';
import { tfjsEngine } from '@attune/lowering-tfjs';
import { wasmRules } from './rules/index.js';
import { hasSimd, hasWebAssembly } from './simd.js';
import { acquire, release, TFJS_BACKEND, type WasmPaths } from './tfjs/initialise.js';

/** Options of the WebAssembly backend. */
export interface WasmOptions {
  /**
   * Where a browser finds the `.wasm` files of `@tensorflow/tfjs-backend-wasm`: a folder's URL that ends in `/`, or a URL
   * for each file name. Node reads them from the package. Counts for the first backend that is made.
   */
  readonly wasmPaths?: WasmPaths;
}

function describe(): string {
  return `WebAssembly${hasSimd() ? ' SIMD' : ', without SIMD: slow'}, 1 thread`;
}

/** Runs in every browser and in Node, on one core of the CPU. */
export const backend = defineBackend<WasmOptions>({
  name: 'wasm',

  isAvailable: async () =>
    hasWebAssembly()
      ? { available: true, description: describe() }
      : { available: false, reason: 'this environment has no WebAssembly' },

  create: async ({ wasmPaths } = {}) => {
    await acquire(wasmPaths);
    return engineBackend(
      tfjsEngine({
        name: 'wasm',
        tfjsBackend: TFJS_BACKEND,
        device: { kind: 'cpu', description: describe() },
        // One thread, and sums in a fixed order: the same values give the same bits.
        deterministic: true,
        rules: wasmRules,
        onDispose: release,
      }),
    );
  },
});
