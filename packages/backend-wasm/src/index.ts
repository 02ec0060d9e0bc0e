/**
 * The WebAssembly backend, for browsers and Node.
 *
 * @packageDocumentation
 */
export { backend, type WasmOptions } from './backend.js';
export type { WasmPaths } from './tfjs/wasm-files.js';
