import { AttuneError, listFaults, type Checkpoint, type HostTensors } from '@attune/core';
import { readJsonObject, withFile, type Folder, type JsonObject } from '@attune/files';
import { CONFIG_JSON, MODEL_SAFETENSORS, TOKENIZER_FILES } from '../hugging-face/file-names.js';
import type { ModelConfig } from '../hugging-face/model-config.js';
import { modelConfigFromHuggingFace } from '../hugging-face/read-config.js';
import { modelTensors } from '../hugging-face/read-tensors.js';
import { openSafetensors, type SafetensorsFile } from '../safetensors/index.js';
import { readTensors } from '../safetensors/tensor-reader.js';
import { OPTIMIZER_SAFETENSORS, parseTrainerState, TRAINER_STATE_JSON } from './trainer-state.js';

/** The contents of every checkpoint that was read. */
export interface StoredCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The data that the run stored in it. */
  readonly run: JsonObject;
  readonly versions: Readonly<Record<string, string>>;
  /** Which files of a tokenizer the folder has. */
  readonly tokenizerFiles: readonly string[];
}

/** The checkpoint of a whole model that was read. */
export interface CheckpointFolder extends StoredCheckpoint {
  readonly config: ModelConfig;
}

function withTensors<T>(
  folder: Folder,
  file: string,
  use: (tensors: SafetensorsFile) => Promise<T>,
): Promise<T> {
  return withFile(folder, file, async (source) => use(await openSafetensors(source)));
}

async function checkFiles(
  folder: Folder,
  present: readonly string[],
  sha256: Readonly<Record<string, string>>,
  modelFiles: readonly string[],
): Promise<void> {
  const faults: string[] = [];
  const { [TRAINER_STATE_JSON]: _, ...others } = sha256;
  const needed = [...modelFiles, OPTIMIZER_SAFETENSORS];
  for (const file of new Set([...needed, ...Object.keys(others)])) {
    if (!present.includes(file)) faults.push(`${file} is missing`);
    else if ((await folder.sha256(file)) !== sha256[file]) faults.push(`${file} is not as it was written`);
  }
  if (faults.length > 0) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `The checkpoint ${folder.name} is damaged: ${listFaults(faults)}.`,
      {
        fix: 'Resume from an earlier checkpoint.',
        data: { faults },
      },
    );
  }
}

/**
 * Reads the checkpoint of a whole model, wherever it lies, and checks it against its checksums.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no such folder; CHECKPOINT_MISMATCH if it is no checkpoint of attune;
 * FILE_CORRUPT that lists the files that are missing or changed.
 */
export async function readCheckpoint(folder: Folder): Promise<CheckpointFolder> {
  let config: ModelConfig | undefined;
  const stored = await readModelCheckpoint(folder, [CONFIG_JSON, MODEL_SAFETENSORS], async () => {
    const { config: read } = modelConfigFromHuggingFace(
      await readJsonObject(folder, CONFIG_JSON),
      {},
      `${folder.name}/${CONFIG_JSON}`,
    );
    config = read;
    return withTensors(folder, MODEL_SAFETENSORS, async (tensors) =>
      readTensors(await modelTensors(read, tensors)),
    );
  });
  return { ...stored, config: config! };
}

/**
 * Reads a checkpoint of any model, and checks it against its checksums.
 *
 * @param modelFiles names of the files that hold the model.
 * @param readParameters reads the parameters from them, when they are known to be whole.
 * @throws AttuneError as {@link readCheckpoint}; what `readParameters` throws.
 */
export async function readModelCheckpoint(
  folder: Folder,
  modelFiles: readonly string[],
  readParameters: () => Promise<HostTensors>,
): Promise<StoredCheckpoint> {
  const present = await folder.list();
  if (!present) {
    throw new AttuneError('FILE_NOT_FOUND', `${folder.name} does not exist.`, {
      fix: 'Name the folder of a checkpoint.',
    });
  }
  if (!present.includes(TRAINER_STATE_JSON)) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `${folder.name} is no checkpoint: it has no ${TRAINER_STATE_JSON}.`,
      { fix: 'To start a new run from a model, use it as the initial weights instead.' },
    );
  }
  const { run, versions, sha256, ...progress } = parseTrainerState(
    await readJsonObject(folder, TRAINER_STATE_JSON),
    `${folder.name}/${TRAINER_STATE_JSON}`,
  );
  await checkFiles(folder, present, sha256, modelFiles);
  const parameters = await readParameters();
  const optimizer = await withTensors(folder, OPTIMIZER_SAFETENSORS, (tensors) =>
    readTensors(tensors, tensors.entries.keys()),
  );
  return {
    checkpoint: { ...progress, parameters, optimizer },
    run,
    versions,
    tokenizerFiles: TOKENIZER_FILES.filter((file) => present.includes(file)),
  };
}
