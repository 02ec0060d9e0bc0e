import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileWriteError } from '@attune/core';
import type { JsonObject } from '@attune/files';
import { CONFIG_JSON } from '../../hugging-face/file-names.js';
import type { ReadConfigOptions } from '../../hugging-face/family.js';
import { modelOf, type FolderModel, type ModelConfig } from '../../hugging-face/model-config.js';
import { modelFiles, type ModelFolderContents } from '../../hugging-face/model-files.js';
import { modelConfigFromHuggingFace } from '../../hugging-face/read-config.js';
import { modelTensors } from '../../hugging-face/read-tensors.js';
import { writeFileAtomically } from '@attune/files/node';
import { readHuggingFaceFolder } from './read-hugging-face-folder.js';
import type { OpenTensors } from './shards.js';

/** A model whose folder is open. Close `tensors` when everything needed was read. */
export interface ModelFolder {
  readonly path: string;
  readonly config: ModelConfig;
  /** Built from the configuration. It has no numbers: those are in `tensors`. */
  readonly model: FolderModel;
  /** The model's tensors, by the names that `@attune/nn` gives them. Each is read from the disk when it is asked for. */
  readonly tensors: OpenTensors;
  /** `config.json` as it is, for whoever writes the model again. */
  readonly source: JsonObject;
  /** What is to be told of how it was read, one sentence each: keys of `config.json` that are not known. */
  readonly warnings: readonly string[];
  /** Which files of a tokenizer the folder has. */
  readonly tokenizerFiles: readonly string[];
}

/**
 * Opens a model's folder as transformers' `save_pretrained` or {@link writeModelFolder} wrote it: a language model or, if
 * `architectures` says so, a classifier of texts. Weights may be in shards; f16 and bf16 are widened.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT; UNSUPPORTED_MODEL that names the type or the keys of
 * `config.json` that are not supported; INVALID_CONFIG; CHECKPOINT_MISMATCH that lists every tensor that is missing,
 * unexpected or of another shape.
 */
export async function readModelFolder(path: string, options: ReadConfigOptions = {}): Promise<ModelFolder> {
  const { config: source, tensors: stored, tokenizerFiles } = await readHuggingFaceFolder(path);
  try {
    const { config, warnings } = modelConfigFromHuggingFace(source, options, join(path, CONFIG_JSON));
    const own = await modelTensors(config, stored);
    const tensors = { ...own, close: () => stored.close() };
    return { path, config, model: modelOf(config), tensors, source, warnings, tokenizerFiles };
  } catch (error) {
    await stored.close();
    throw error;
  }
}

/**
 * Writes a model as transformers' `from_pretrained` reads it: `model.safetensors`, `config.json`,
 * `generation_config.json` and the files given. Other files in the folder are left alone.
 *
 * @throws AttuneError FILE_WRITE; CHECKPOINT_MISMATCH if the tensors are not those of the configuration;
 * UNSUPPORTED_MODEL if its family has no words for the configuration; INVALID_ARGUMENT if a file's name is no plain
 * name or taken, or f16 does not hold a value.
 */
export async function writeModelFolder(path: string, contents: ModelFolderContents): Promise<void> {
  const files = modelFiles(contents);
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw fileWriteError(path, error);
  });
  for (const [name, content] of files) await writeFileAtomically(join(path, name), content);
}
