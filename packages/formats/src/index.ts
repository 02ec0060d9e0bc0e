/**
 * The file formats language models are exchanged in. Runs in browsers, workers and Node; files and folders are read and
 * written by `@attune/formats/node`.
 *
 * @packageDocumentation
 */
export { memorySource, type ByteSource } from './bytes/byte-source.js';
export type { JsonObject } from './bytes/json.js';
export * from './hugging-face/index.js';
export * from './peft/index.js';
export * from './safetensors/index.js';
export { memoryTensors, readTensors, type TensorReader } from './tensor-reader.js';
