import { AttuneError } from '@attune/core';
import { readJsonObject, type Folder, type JsonObject } from '@attune/files';
import { openSafetensorsFile } from '../safetensors/open-file.js';
import { CONFIG_JSON, INDEX_JSON, MODEL_SAFETENSORS, TOKENIZER_FILES } from './file-names.js';
import { openShards, type OpenTensors } from './shards.js';

/** A model as transformers stores it. Close `tensors` when everything needed was read. */
export interface HuggingFaceFolder {
  /** The name of the folder: on a disk, its path. */
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

async function openTensors(folder: Folder, files: ReadonlySet<string>): Promise<OpenTensors> {
  if (files.has(MODEL_SAFETENSORS)) return openSafetensorsFile(await folder.open(MODEL_SAFETENSORS));
  if (files.has(INDEX_JSON)) return openShards(folder, INDEX_JSON);
  const pickled = [...files].find((file) => /^pytorch_model.*\.bin$/.test(file));
  throw new AttuneError(
    'FILE_NOT_FOUND',
    `${folder.name} has neither ${MODEL_SAFETENSORS} nor ${INDEX_JSON}${pickled ? `, only ${pickled}` : ''}.`,
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
export async function readHuggingFaceFolder(folder: Folder): Promise<HuggingFaceFolder> {
  const path = folder.name;
  const list = await folder.list();
  if (!list) {
    throw new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, {
      fix: 'Name the folder of a model.',
    });
  }
  const files = new Set(list);
  const config = await readJsonObject(folder, CONFIG_JSON, {
    fix: 'Name the folder of a model, with config.json and model.safetensors.',
  });
  const { model_type: modelType } = config;
  if (typeof modelType !== 'string') {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${path}/${CONFIG_JSON} does not say which model it describes: model_type is missing.`,
      {
        fix: 'Fetch the folder again.',
      },
    );
  }
  return {
    path,
    config,
    modelType,
    tensors: await openTensors(folder, files),
    tokenizerFiles: TOKENIZER_FILES.filter((file) => files.has(file)),
  };
}
