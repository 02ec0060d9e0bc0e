import { AttuneError } from '@attune/core';
import type { LanguageModelConfig } from '@attune/nn';
import { isClassifierConfig, type ModelConfig } from '../../hugging-face/model-config.js';
import { savedSpecs } from '../../hugging-face/read-tensors.js';
import type { TensorReader } from '../../safetensors/tensor-reader.js';
import { ggufValue as value, type GgufMetadata, type GgufValue } from '../file/metadata.js';
import type { GgufTensorType } from '../file/tensor-types.js';
import type { GgufContents } from '../file/writer.js';
import { ggufVocabulary, type GgufTokenizer } from '../tokenizer/vocabulary.js';
import type { Architecture } from './architecture.js';
import { gpt2Architecture } from './gpt2.js';
import { llamaArchitecture } from './llama.js';
import { plannedTensors } from './tensor-plan.js';

/** How a model is stored. */
export interface GgufModelOptions {
  /** For people: the model's name. */
  readonly name: string;
  /** How matrices are stored. Norms, biases and position embeddings are always f32. Default f32. */
  readonly dtype?: GgufTensorType;
  readonly tokenizer: GgufTokenizer;
}

/** The numbers by which files name their type. */
const FILE_TYPES: Readonly<Record<GgufTensorType, number>> = { f32: 0, f16: 1, q8_0: 7, bf16: 32 };

const QUANTIZATION_VERSION = 2;

/** Longest name that is written. */
const MAX_NAME = 200;

/** A language model in llama.cpp's words. */
export function architectureOf(config: LanguageModelConfig): Architecture {
  return config.family === 'gpt2' ? gpt2Architecture(config) : llamaArchitecture(config);
}

/** The keys that every file begins with. */
export function generalKeys(
  type: 'model' | 'adapter',
  { architecture, name, dtype }: { architecture: string; name: string; dtype: GgufTensorType },
): [string, GgufValue][] {
  return [
    ['general.architecture', value.string(architecture)],
    ['general.type', value.string(type)],
    ['general.name', value.string([...name].slice(0, MAX_NAME).join(''))],
    ['general.file_type', value.u32(FILE_TYPES[dtype])],
    ['general.quantization_version', value.u32(QUANTIZATION_VERSION)],
  ];
}

/** The error of a model that llama.cpp would compute otherwise than attune does, or not at all. */
export function notExpressible(what: string, faults: readonly string[], fix: string): AttuneError {
  return new AttuneError('UNSUPPORTED_MODEL', `${what} cannot be written as GGUF: ${faults.join('; ')}.`, {
    fix,
    data: { faults },
  });
}

const FIX = 'Export it to ONNX, which takes every model that attune runs.';

/**
 * A language model as a GGUF file that llama.cpp computes as attune does. Write it with `encodeGguf`.
 *
 * @param reader of the model's tensors, by the names of `@attune/nn`. They are checked now, and read when the file is written.
 * @throws AttuneError UNSUPPORTED_MODEL that lists everything in model and tokenizer that llama.cpp has no words for;
 * CHECKPOINT_MISMATCH if a tensor is missing or of another shape.
 */
export function ggufModel(
  config: ModelConfig,
  reader: TensorReader,
  { name, dtype = 'f32', tokenizer }: GgufModelOptions,
): GgufContents {
  if (isClassifierConfig(config)) {
    throw notExpressible(name, ['it is a classifier of texts, whose head llama.cpp does not have'], FIX);
  }
  const { name: architecture, keys, tensors, faults } = architectureOf(config);
  const vocabulary = ggufVocabulary(tokenizer, config.vocabSize);
  const all = [...faults, ...vocabulary.faults];
  if (all.length > 0) throw notExpressible(name, all, FIX);
  const metadata: GgufMetadata = new Map([
    ...generalKeys('model', { architecture, name, dtype }),
    ...keys.map(([key, entry]) => [`${architecture}.${key}`, entry] as const),
    ...vocabulary.keys,
  ]);
  return { metadata, tensors: plannedTensors(tensors, savedSpecs(config), reader, dtype) };
}
