import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, fileReadError } from '@attune/core';
import { readJsonObject, type JsonObject } from '@attune/files';
import { diskFolder } from '@attune/files/node';
import { openSafetensorsFile } from '../safetensors/open-safetensors-file.js';
import {
  CONFIG_JSON,
  INDEX_JSON,
  MODEL_SAFETENSORS,
  TOKENIZER_FILES,
} from '../../hugging-face/file-names.js';
import { openShards, type OpenTensors } from './shards.js';

/** A model as transformers stores it. Close `tensors` when everything needed was read. */
export interface HuggingFaceFolder {
  readonly path: string;
  /** `config.json`. */
  readonly config: JsonObject;
  /** `config.json`'s `model_type`, e.g. `gpt2`. */
  readonly modelType: string;
  /** The tensors of `model.safetensors` or of its shards. */
  readonly tensors: OpenTensors;
  /** Which files of a tokenizer are there, e.g. `tokenizer.json`. */
  readonly tokenizerFiles: readonly string[];
}

async function openTensors(path: string, files: ReadonlySet<string>): Promise<OpenTensors> {
  if (files.has(MODEL_SAFETENSORS)) return openSafetensorsFile(join(path, MODEL_SAFETENSORS));
  if (files.has(INDEX_JSON)) return openShards(path, INDEX_JSON);
  const pickled = [...files].find((file) => /^pytorch_model.*\.bin$/.test(file));
  throw new AttuneError(
    'FILE_NOT_FOUND',
    `${path} has neither ${MODEL_SAFETENSORS} nor ${INDEX_JSON}${pickled ? `, only ${pickled}` : ''}.`,
    {
      fix: pickled
        ? 'Convert it: load the model in transformers and call save_pretrained.'
        : 'Fetch the weights of the model, too.',
    },
  );
}

/**
 * Opens the folder of a model: its configuration is read, its tensors are read when they are asked for.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function readHuggingFaceFolder(path: string): Promise<HuggingFaceFolder> {
  const files = new Set(
    await readdir(path).catch((error: unknown) => {
      throw fileReadError(path, error, 'Name the folder of a model.');
    }),
  );
  const configPath = join(path, CONFIG_JSON);
  const config = await readJsonObject(diskFolder(path), CONFIG_JSON, {
    fix: 'Name the folder of a model, with config.json and model.safetensors.',
  });
  const { model_type: modelType } = config;
  if (typeof modelType !== 'string') {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${configPath} does not say which model it describes: model_type is missing.`,
      {
        fix: 'Fetch the folder again.',
      },
    );
  }
  return {
    path,
    config,
    modelType,
    tensors: await openTensors(path, files),
    tokenizerFiles: TOKENIZER_FILES.filter((file) => files.has(file)),
  };
}
