/**
 * The WebAssembly backend, for browsers and Node.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
export type { WasmInstructionSet, WasmOptions } from './options.js';
export type { WasmPaths } from '@attune/engine';
