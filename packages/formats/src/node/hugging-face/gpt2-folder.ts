import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileWriteError, type HostTensors } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import { CONFIG_JSON } from '../../hugging-face/file-names.js';
import { gpt2Files, type Gpt2FolderContents } from '../../hugging-face/gpt2/files.js';
import {
  gpt2ConfigFromHuggingFace,
  readGpt2Parameters,
  type Gpt2ConfigOptions,
} from '../../hugging-face/gpt2/index.js';
import { writeFileAtomically } from '../files/write-file.js';
import { readHuggingFaceFolder } from './read-hugging-face-folder.js';

/** A GPT-2 that was read from a folder. */
export interface Gpt2Folder {
  readonly config: Gpt2Config;
  /** By the names that `@attune/nn` gives them. */
  readonly parameters: HostTensors;
  /** Which files of a tokenizer the folder has. */
  readonly tokenizerFiles: readonly string[];
}

/**
 * Reads a GPT-2 as transformers' `save_pretrained` or {@link writeGpt2Folder} wrote it.
 *
 * @param options `dropout` is needed where the folder has several; a model that is not trained takes any.
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, UNSUPPORTED_MODEL, INVALID_CONFIG, CHECKPOINT_MISMATCH.
 */
export async function readGpt2Folder(path: string, options: Gpt2ConfigOptions = {}): Promise<Gpt2Folder> {
  const { config: json, tensors, tokenizerFiles } = await readHuggingFaceFolder(path);
  try {
    const config = gpt2ConfigFromHuggingFace(json, options, join(path, CONFIG_JSON));
    return { config, parameters: await readGpt2Parameters(config, tensors), tokenizerFiles };
  } finally {
    await tensors.close();
  }
}

/**
 * Writes a GPT-2 as transformers' `GPT2LMHeadModel.from_pretrained` reads it: `model.safetensors`, `config.json`,
 * `generation_config.json` and the files given. Other files in the folder are left alone.
 *
 * @throws AttuneError FILE_WRITE; CHECKPOINT_MISMATCH if the parameters are not those of the configuration;
 * INVALID_ARGUMENT if a file's name is no plain name or taken.
 */
export async function writeGpt2Folder(path: string, contents: Gpt2FolderContents): Promise<void> {
  const files = gpt2Files(contents);
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw fileWriteError(path, error);
  });
  for (const [name, content] of files) await writeFileAtomically(join(path, name), content);
}
