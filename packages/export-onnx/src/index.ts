/**
 * Language models as ONNX models with a key-value cache, for transformers.js and onnxruntime. Runs in browsers, workers
 * and Node; folders are written by `@attune/export-onnx/node`.
 *
 * @packageDocumentation
 */
export { exportDecoder, onnxFileName, type ExportableConfig, type ExportOptions } from './export-decoder.js';
export { onnxFolderFiles, type OnnxFolderContents } from './folder-files.js';
export { modelLogits, probeTexts, type ExpectedLogits } from './model-logits.js';
export { storedTensors, type WeightDType } from './weights/weight-reader.js';
