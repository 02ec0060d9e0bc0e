import type { Folder, JsonObject, WritableFolder } from '@attune/files';
import type { ReadConfigOptions } from './family/family.js';
import { CONFIG_JSON } from './file-names.js';
import { modelOf, type FolderModel, type ModelConfig } from './model-config.js';
import { modelFiles, type ModelFolderContents } from './model-files.js';
import { modelConfigFromHuggingFace } from './read-config.js';
import { readHuggingFaceFolder } from './read-folder.js';
import { modelTensors } from './read-tensors.js';
import type { OpenTensors } from './shards.js';

/** A model whose folder is open. Close `tensors` when everything needed was read. */
export interface ModelFolder {
  /** The name of the folder: on a disk, its path. */
  readonly path: string;
  readonly config: ModelConfig;
  /** Built from the configuration. It has no numbers: those are in `tensors`. */
  readonly model: FolderModel;
  /** The model's tensors, by the names that `@attune/nn` gives them. Each is read when it is asked for. */
  readonly tensors: OpenTensors;
  /** `config.json` as it is, for whoever writes the model again. */
  readonly source: JsonObject;
  /** Warnings about the folder, one sentence each: unknown keys of `config.json`. */
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
export async function readModelFolder(folder: Folder, options: ReadConfigOptions = {}): Promise<ModelFolder> {
  const { path, config: source, tensors: stored, tokenizerFiles } = await readHuggingFaceFolder(folder);
  try {
    const { config, warnings } = modelConfigFromHuggingFace(source, options, `${path}/${CONFIG_JSON}`);
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
 * `generation_config.json` and the files given. The folder is made if it does not exist; other files in the folder are left alone.
 *
 * @throws AttuneError FILE_WRITE; CHECKPOINT_MISMATCH if the tensors are not those of the configuration;
 * UNSUPPORTED_MODEL if its family has no words for the configuration; INVALID_ARGUMENT if a file's name is no plain
 * name or taken, or f16 does not hold a value.
 */
export async function writeModelFolder(folder: WritableFolder, contents: ModelFolderContents): Promise<void> {
  const files = modelFiles(contents);
  await folder.make();
  for (const [name, content] of files) await folder.write(name, content);
}
