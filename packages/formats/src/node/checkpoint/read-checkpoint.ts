import { join } from 'node:path';
import { AttuneError, type Checkpoint, fileReadError } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import type { JsonObject } from '../../bytes/json.js';
import { readJsonFile } from '../files/read-json.js';
import { hashFile } from '../files/sha256.js';
import { listFolder } from '../files/write-folder.js';
import { CONFIG_JSON, MODEL_SAFETENSORS } from '../hugging-face/file-names.js';
import { readGpt2Folder } from '../hugging-face/gpt2-folder.js';
import { readSafetensors } from '../safetensors/open-safetensors-file.js';
import { OPTIMIZER_SAFETENSORS, parseTrainerState, TRAINER_STATE_JSON } from './trainer-state.js';

/** A checkpoint that was read. */
export interface CheckpointFolder {
  readonly checkpoint: Checkpoint;
  readonly config: Gpt2Config;
  /** What the run that wrote it wanted to find again. */
  readonly run: JsonObject;
  readonly versions: Readonly<Record<string, string>>;
  /** Which files of a tokenizer the folder has. */
  readonly tokenizerFiles: readonly string[];
}

async function checkFiles(path: string, sha256: Readonly<Record<string, string>>): Promise<void> {
  const present = new Set(await listFolder(path));
  const faults: string[] = [];
  const { [TRAINER_STATE_JSON]: _, ...others } = sha256;
  const needed = [CONFIG_JSON, MODEL_SAFETENSORS, OPTIMIZER_SAFETENSORS];
  for (const file of new Set([...needed, ...Object.keys(others)])) {
    if (!present.has(file)) faults.push(`${file} is missing`);
    else if ((await hashFile(join(path, file))) !== sha256[file])
      faults.push(`${file} is not as it was written`);
  }
  if (faults.length > 0) {
    throw new AttuneError('FILE_CORRUPT', `The checkpoint ${path} is damaged: ${faults.join('; ')}.`, {
      fix: 'Resume from an earlier checkpoint.',
      data: { faults },
    });
  }
}

/**
 * Reads a checkpoint that {@link writeCheckpoint} wrote.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no such folder; CHECKPOINT_MISMATCH if it is no checkpoint of attune;
 * FILE_CORRUPT that lists the files that are missing or changed.
 */
export async function readCheckpoint(path: string): Promise<CheckpointFolder> {
  const present = await listFolder(path).catch((error: unknown) => {
    throw fileReadError(path, error, 'Name the folder of a checkpoint.');
  });
  if (!present) {
    throw new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, {
      fix: 'Name the folder of a checkpoint.',
    });
  }
  if (!present.includes(TRAINER_STATE_JSON)) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `${path} is no checkpoint: it has no ${TRAINER_STATE_JSON}.`,
      {
        fix: 'To start a new run from a model, use it as the initial weights instead.',
      },
    );
  }
  const statePath = join(path, TRAINER_STATE_JSON);
  const { run, versions, sha256, ...progress } = parseTrainerState(await readJsonFile(statePath), statePath);
  await checkFiles(path, sha256);
  const { config, parameters, tokenizerFiles } = await readGpt2Folder(path);
  const optimizer = await readSafetensors(join(path, OPTIMIZER_SAFETENSORS));
  return {
    checkpoint: { ...progress, parameters, optimizer },
    config,
    run,
    versions,
    tokenizerFiles,
  };
}
