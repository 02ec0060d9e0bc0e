/**
 * The GPU backend: onnxruntime's WebGPU provider, in browsers, workers and Node.
 *
 * @packageDocumentation
 */
export type { AdapterOptions } from './adapter.js';
export { backend, type WebGpuOptions } from './backend.js';
export type { OrtPaths } from './ort-paths.js';
