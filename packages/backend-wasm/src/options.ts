import type { EngineChoice } from '@attune/core';
import type { WasmPaths } from './tfjs/module/wasm-files.js';

/** The engines of the WebAssembly backend, the default first. */
export const wasmEngines = ['tfjs'] as const;

/** Options of the WebAssembly backend. */
export interface WasmOptions extends EngineChoice {
  readonly engine?: (typeof wasmEngines)[number];
  /**
   * Where a browser finds the `.wasm` files of `@tensorflow/tfjs-backend-wasm`: a folder's URL that ends in `/`, or a URL
   * for each file name. Bundlers that follow `new URL('…', import.meta.url)`, as Vite and webpack do, need not be told;
   * nor does Node. Counts for the first backend that is made.
   */
  readonly wasmPaths?: WasmPaths;
}
