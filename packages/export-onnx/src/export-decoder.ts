import type { TensorReader } from '@attune/formats';
import { modelFiles, SymbolicGraph, type ModelFileOptions, type ModelFiles } from '@attune/lowering-onnx';
import { causalLmFamilyOf, type LanguageModelConfig } from '@attune/nn';
import { DecoderWriter } from './decoder/decoder-writer.js';
import { writeGpt2 } from './models/gpt2.js';
import { writeLlama } from './models/llama.js';
import { WeightReader, type WeightDType } from './weights/weight-reader.js';

/** The configuration of a decoder that can be exported. */
export type ExportableConfig = LanguageModelConfig;

/** Writes the graph of a model, by its architecture. */
const writers = { gpt2: writeGpt2, llama: writeLlama };

/** How a decoder is exported. */
export interface ExportOptions extends Omit<ModelFileOptions, 'file'> {
  /** How matrices are stored; f16 halves the download. What is computed, and the inputs and outputs, are f32. */
  readonly dtype?: WeightDType;
}

/** Where a decoder's own file lies in its folder. */
export function onnxFileName(dtype: WeightDType = 'f32'): string {
  return dtype === 'f32' ? 'model.onnx' : 'model_fp16.onnx';
}

/**
 * A decoder as an ONNX model with a key-value cache, by the convention of optimum and transformers.js: any number of
 * texts and tokens in `input_ids`, `attention_mask`, `position_ids` and `past_key_values.N.key` / `.value`; out come
 * `logits` and `present.N.key` / `.value`.
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
  const graph = new SymbolicGraph(config.family);
  const writer = new DecoderWriter(graph, new WeightReader(tensors, dtype));
  writers[causalLmFamilyOf(config).architecture](writer, config as never);
  return modelFiles(graph, { ...files, file: onnxFileName(dtype) });
}
