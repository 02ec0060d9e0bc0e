/**
 * Exported models in files: written, and run in onnxruntime.
 *
 * @packageDocumentation
 */
export { canRunOnnx } from './onnx-decoder.js';
export { verifyDecoder, type Agreement } from './verify-decoder.js';
export { checkOnnxFolder, writeOnnxFolder, type WriteOptions } from './write-onnx-folder.js';
