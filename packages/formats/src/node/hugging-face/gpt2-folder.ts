import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AttuneError, fileWriteError, type HostTensors } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import { generationConfig, gpt2ConfigToHuggingFace } from '../../hugging-face/gpt2/config-to-hugging-face.js';
import {
  gpt2ConfigFromHuggingFace,
  gpt2TensorsToHuggingFace,
  readGpt2Parameters,
  type Gpt2ConfigOptions,
  type SpecialTokens,
} from '../../hugging-face/gpt2/index.js';
import { encodeSafetensors } from '../../safetensors/index.js';
import type { TensorReader } from '../../tensor-reader.js';
import { formatJson, writeFileAtomically, type FileContent } from '../files/write-file.js';
import { CONFIG_JSON, GENERATION_CONFIG_JSON, MODEL_SAFETENSORS } from './file-names.js';
import { readHuggingFaceFolder } from './read-hugging-face-folder.js';

/** A GPT-2 that was read from a folder. */
export interface Gpt2Folder {
  readonly config: Gpt2Config;
  /** By the names that `@attune/nn` gives them. */
  readonly parameters: HostTensors;
  /** Which files of a tokenizer the folder has. */
  readonly tokenizerFiles: readonly string[];
}

/** What a GPT-2's folder is written from. */
export interface Gpt2FolderContents {
  readonly config: Gpt2Config;
  /** By the names that `@attune/nn` gives them. */
  readonly parameters: HostTensors | TensorReader;
  readonly tokens?: Partial<SpecialTokens>;
  /** Other files, by name: those of the tokenizer. JSON documents are objects; strings are written as they are. */
  readonly files?: Readonly<Record<string, unknown>>;
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

/** The files of a GPT-2's folder, in the order they are written in: `config.json` last, as the sign that all are there. */
export function gpt2Files({
  config,
  parameters,
  tokens,
  files = {},
}: Gpt2FolderContents): [string, FileContent][] {
  const own: [string, FileContent][] = [
    [
      MODEL_SAFETENSORS,
      encodeSafetensors(gpt2TensorsToHuggingFace(config, parameters), { metadata: { format: 'pt' } }),
    ],
    [GENERATION_CONFIG_JSON, formatJson(generationConfig(tokens))],
    [CONFIG_JSON, formatJson(gpt2ConfigToHuggingFace(config, tokens))],
  ];
  const others = Object.entries(files).map(([name, content]): [string, FileContent] => {
    if (
      name === '' ||
      name !== basename(name) ||
      name.startsWith('.') ||
      own.some(([taken]) => taken === name)
    ) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `A model's folder cannot take a file named ${JSON.stringify(name)}.`,
      );
    }
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    return [name, raw ? content : formatJson(content)];
  });
  return [...others, ...own];
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
