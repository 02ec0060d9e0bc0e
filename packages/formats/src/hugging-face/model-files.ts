import type { HostTensors } from '@attune/core';
import { type FileContent, formatJson, type JsonObject } from '@attune/files';
import { extraFiles } from './extra-files.js';
import { encodeSafetensors } from '../safetensors/index.js';
import type { TensorReader } from '../safetensors/tensor-reader.js';
import { CONFIG_JSON, GENERATION_CONFIG_JSON, MODEL_SAFETENSORS } from './file-names.js';
import type { ModelConfig } from './model-config.js';
import { generationConfig, modelConfigToHuggingFace, type WriteConfigOptions } from './write-config.js';
import { storedTensors } from './write-tensors.js';

/** The contents of a model's folder. */
export interface ModelFolderContents extends WriteConfigOptions {
  readonly config: ModelConfig;
  /** By the names that `@attune/nn` gives them. */
  readonly parameters: HostTensors | TensorReader;
  /** The `generation_config.json` that the model came with, in place of one that says the ids of special tokens only. */
  readonly generation?: JsonObject;
  /** Other files, by name: those of the tokenizer. JSON documents are objects; strings are written as they are. */
  readonly files?: Readonly<Record<string, unknown>>;
}

/**
 * The files of a model's folder, in the order they are written in: `config.json` last, as the sign that all are there.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH if the tensors are not those of the configuration; UNSUPPORTED_MODEL if its
 * family has no words for it; INVALID_ARGUMENT if a file's name is no plain name or taken.
 */
export function modelFiles(contents: ModelFolderContents): [string, FileContent][] {
  const { config, parameters, files = {}, generation, dtype } = contents;
  const tensors = storedTensors(config, parameters);
  const own: [string, FileContent][] = [
    [MODEL_SAFETENSORS, encodeSafetensors(tensors, { metadata: { format: 'pt' }, floats: dtype })],
    [GENERATION_CONFIG_JSON, formatJson(generation ?? generationConfig(contents))],
    [CONFIG_JSON, formatJson(modelConfigToHuggingFace(config, contents))],
  ];
  return [
    ...extraFiles(
      files,
      own.map(([name]) => name),
    ),
    ...own,
  ];
}
