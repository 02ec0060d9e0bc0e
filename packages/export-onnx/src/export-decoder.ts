import type { TensorReader } from '@attune/formats';
import {
  lowerSymbolic,
  modelFiles,
  type ModelFileOptions,
  type ModelFiles,
  type Sizes,
} from '@attune/lowering-onnx';
import { languageModel, type LanguageModelConfig } from '@attune/nn';
import {
  adaptedLayers,
  addAdapterInputs,
  RANK,
  withRankPerLayer,
  type AdapterTargets,
} from './adapter/adapter-inputs.js';
import { decoderLengths, decoderProgram, wideFeeds } from './decoder-program.js';
import { WeightReader, type WeightDType } from './weights/weight-reader.js';

/** The configuration of a decoder that can be exported. */
export type ExportableConfig = LanguageModelConfig;

/** How a decoder is exported. */
export interface ExportOptions extends Omit<ModelFileOptions, 'file'> {
  /** How matrices are stored; f16 halves the download. What is computed, and the inputs and outputs, are f32. */
  readonly dtype?: WeightDType;
  /**
   * Layers whose LoRA matrices are inputs of the model, so that one session runs any adapter of these, of any rank: with
   * the path of each layer, `<path>.lora_A f32[in, r]` and `<path>.lora_B f32[r, out]`, which has the adapter's scale in
   * it. Runtimes for JavaScript have to be given every input; with r = 0 a layer is the model's own.
   */
  readonly adapterInputs?: AdapterTargets;
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
 * @throws AttuneError CHECKPOINT_MISMATCH if the parameters are not those of the configuration; INVALID_CONFIG if there
 * is no linear layer that `adapterInputs` means.
 */
export function exportDecoder(
  config: ExportableConfig,
  tensors: TensorReader,
  { dtype = 'f32', adapterInputs, ...files }: ExportOptions = {},
): ModelFiles {
  const model = wholeModel(config);
  const weights = new WeightReader(model, tensors, dtype);
  const options = { weightOf: (name: string) => weights.weight(name), wideFeeds };
  if (adapterInputs === undefined) {
    const trace = (sizes: Sizes) => decoderProgram(model, sizes);
    const graph = lowerSymbolic(trace, { ...options, lengths: decoderLengths });
    return modelFiles(graph, { ...files, file: onnxFileName(dtype) });
  }
  let rank = 0;
  addAdapterInputs(model, adaptedLayers(config, adapterInputs), () => rank);
  const trace = (sizes: Sizes) => {
    rank = sizes[RANK]!;
    return decoderProgram(model, sizes);
  };
  const lengths = { ...decoderLengths, free: [...decoderLengths.free, RANK] };
  const graph = withRankPerLayer(lowerSymbolic(trace, { ...options, lengths }));
  return modelFiles(graph, { ...files, file: onnxFileName(dtype) });
}
