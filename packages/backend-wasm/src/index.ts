/**
 * The WebAssembly backend, for browsers and Node.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
export type { WasmOptions, WasmPaths } from './options.js';
export type { WasmInstructionSet } from './attune/host-options.js';
