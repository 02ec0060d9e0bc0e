import { defineBackend, engineBackend } from '@attune/core';
import { wasmEngine } from './engine.js';
import { hasSimd, hasWebAssembly } from './simd.js';
import { acquire } from './tfjs/initialise.js';
import type { WasmPaths } from './tfjs/wasm-files.js';

/** Options of the WebAssembly backend. */
export interface WasmOptions {
  /**
   * Where a browser finds the `.wasm` files of `@tensorflow/tfjs-backend-wasm`: a folder's URL that ends in `/`, or a URL
   * for each file name. Bundlers that follow `new URL('…', import.meta.url)`, as Vite and webpack do, need not be told;
   * nor does Node. Counts for the first backend that is made.
   */
  readonly wasmPaths?: WasmPaths;
}

const description = () => `WebAssembly${hasSimd() ? ' SIMD' : ', without SIMD: slow'}`;

/** Runs in every browser and in Node: on one core of the CPU, or, in a page that is cross-origin isolated, on several. */
export const backend = defineBackend<WasmOptions>({
  name: 'wasm',

  isAvailable: async () =>
    hasWebAssembly()
      ? { available: true, description: description() }
      : { available: false, reason: 'this environment has no WebAssembly' },

  create: async ({ wasmPaths } = {}) => {
    const { count, fault } = await acquire(wasmPaths);
    const threads = `${count} thread${count === 1 ? '' : 's'}${fault === undefined ? '' : ` (more cannot start: ${fault})`}`;
    return engineBackend(
      wasmEngine({ kind: 'cpu', memoryBytes: 2 ** 32, description: `${description()}, ${threads}` }),
    );
  },
});
