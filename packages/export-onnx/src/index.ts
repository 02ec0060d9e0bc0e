/**
 * Language models as ONNX models with a key-value cache, for transformers.js and onnxruntime. Runs in browsers, workers
 * and Node; folders are written by `@attune/export-onnx/node`.
 *
 * @packageDocumentation
 */
export { adaptedLayers, type AdapterTargets } from './adapter/adapter-inputs.js';
export { adapterFile, adapterTensors, type AdapterParts } from './adapter/adapter-tensors.js';
export { exportDecoder, onnxFileName, type ExportableConfig, type ExportOptions } from './export-decoder.js';
export { adapterPath, ONNX_FOLDER, onnxFolderFiles, type OnnxFolderContents } from './folder-files.js';
export { modelLogits, probeTexts, type ExpectedLogits } from './model-logits.js';
export { storedTensors, type WeightDType } from './weights/weight-reader.js';
