/**
 * The WebAssembly backend, for browsers and Node.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
export { wasmInstructionSets, type WasmInstructionSet, type WasmOptions } from './options/options.js';
export type { WasmPaths } from '@attune/engine';
