/**
 * The file formats language models are exchanged in. Runs in browsers, workers and Node; files and folders are read and
 * written by `@attune/formats/node`.
 *
 * @packageDocumentation
 */
export { memorySource, type ByteSource, type JsonObject } from '@attune/files';
export * from './checkpoint/index.js';
export * from './gguf/index.js';
export * from './hugging-face/index.js';
export * from './peft/index.js';
export * from './safetensors/index.js';
export {
  lazyTensors,
  memoryTensors,
  readTensors,
  type ReadTensorsOptions,
  type TensorReader,
} from './safetensors/tensor-reader.js';
