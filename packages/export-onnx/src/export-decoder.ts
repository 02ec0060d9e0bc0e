import type { TensorReader } from '@attune/formats';
import { lowerSymbolic, modelFiles, type ModelFileOptions, type ModelFiles } from '@attune/lowering-onnx';
import { languageModel, type LanguageModelConfig } from '@attune/nn';
import { decoderLengths, decoderProgram, wideFeeds } from './decoder-program.js';
import { WeightReader, type WeightDType } from './weights/weight-reader.js';

/** The configuration of a decoder that can be exported. */
export type ExportableConfig = LanguageModelConfig;

/** How a decoder is exported. */
export interface ExportOptions extends Omit<ModelFileOptions, 'file'> {
  /** How matrices are stored; f16 halves the download. What is computed, and the inputs and outputs, are f32. */
  readonly dtype?: WeightDType;
}

/** Where a decoder's own file lies in its folder. */
export function onnxFileName(dtype: WeightDType = 'f32'): string {
  return dtype === 'f32' ? 'model.onnx' : 'model_fp16.onnx';
}

/** Positions that tables are made for, unless the model is built for more: 32 MiB for heads of 64. */
const MAX_POSITIONS = 2 ** 17;

/** The model with all the positions that it is meant for: whoever runs it cannot ask for more. */
function wholeModel(config: ExportableConfig) {
  const { blockSize, maxPositions = blockSize }: { blockSize: number; maxPositions?: number } = config;
  return languageModel({ ...config, blockSize: Math.max(blockSize, Math.min(maxPositions, MAX_POSITIONS)) });
}

/**
 * A decoder as an ONNX model with a key-value cache, by the convention of optimum and transformers.js: any number of
 * texts and tokens in `input_ids`, `attention_mask`, `position_ids` and `past_key_values.N.key` / `.value`; out come
 * `logits` and `present.N.key` / `.value`. It is the model's own forward pass, lowered.
 *
 * @param tensors the model's parameters, by the names that `@attune/nn` gives them. They are read as the files are.
 * @returns the files of the folder `onnx`, by name.
 * @throws AttuneError CHECKPOINT_MISMATCH if the parameters are not those of the configuration.
 */
export function exportDecoder(
  config: ExportableConfig,
  tensors: TensorReader,
  { dtype = 'f32', ...files }: ExportOptions = {},
): ModelFiles {
  const model = wholeModel(config);
  const weights = new WeightReader(model, tensors, dtype);
  const graph = lowerSymbolic((sizes) => decoderProgram(model, sizes), {
    lengths: decoderLengths,
    weightOf: (name) => weights.weight(name),
    wideFeeds,
  });
  return modelFiles(graph, { ...files, file: onnxFileName(dtype) });
}
