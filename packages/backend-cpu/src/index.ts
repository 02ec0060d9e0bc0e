/**
 * The native CPU backend for Node: onnxruntime, in a worker thread.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
export type { CpuInstructionSet, CpuOptions } from './options.js';
