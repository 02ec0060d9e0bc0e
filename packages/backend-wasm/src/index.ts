/**
 * The WebAssembly backend, for browsers and Node.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
export type { WasmOptions } from './options.js';
export type { WasmPaths } from './tfjs/module/wasm-files.js';
