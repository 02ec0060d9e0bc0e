/**
 * The native CPU backend for Node: onnxruntime, in a worker thread.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
export { cpuInstructionSets, type CpuInstructionSet, type CpuOptions } from './options/options.js';
