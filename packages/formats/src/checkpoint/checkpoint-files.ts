import { AttuneError, type Checkpoint } from '@attune/core';
import type { FileContent, JsonObject } from '@attune/files';
import { modelFiles, type ModelFolderContents } from '../hugging-face/model-files.js';
import { encodeSafetensors } from '../safetensors/index.js';
import { memoryTensors } from '../safetensors/tensor-reader.js';
import { formatTrainerState, OPTIMIZER_SAFETENSORS, TRAINER_STATE_JSON } from './trainer-state.js';

/** The parts of every checkpoint, beside its model. */
interface CheckpointProgress {
  readonly checkpoint: Checkpoint;
  /** Whatever the run wants to find again, e.g. its configuration. JSON-serialisable. */
  readonly run?: JsonObject;
  /** Versions of the software, by name, for whoever looks into the folder. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** The parts of a checkpoint of a whole model. */
export interface WholeCheckpointContents
  extends CheckpointProgress, Omit<ModelFolderContents, 'parameters' | 'dtype'> {}

/** The parts of a checkpoint of a part of a model, e.g. of an adapter. */
export interface ModelCheckpointContents extends CheckpointProgress {
  /** The files that hold the checkpoint's parameters, and what goes with them. */
  readonly modelFiles: readonly (readonly [name: string, content: FileContent])[];
}

/** The parts of a checkpoint. */
export type CheckpointContents = WholeCheckpointContents | ModelCheckpointContents;

/**
 * Writes the files of a checkpoint, one after the other: those of its model, `optimizer.safetensors`, and as the
 * last one `trainer_state.json`, which makes them a checkpoint.
 *
 * @param write writes a file, and says its SHA-256, hexadecimal.
 * @throws AttuneError CHECKPOINT_MISMATCH if the parameters are not those of the configuration; INVALID_ARGUMENT if a
 * file's name is taken; what `write` throws.
 */
export async function writeCheckpointFiles(
  contents: CheckpointContents,
  write: (name: string, content: FileContent) => Promise<string>,
): Promise<void> {
  const { checkpoint, run = {}, versions = {} } = contents;
  const { parameters, optimizer, ...progress } = checkpoint;
  const files: (readonly [string, FileContent])[] = [
    ...('modelFiles' in contents ? contents.modelFiles : modelFiles({ ...contents, parameters })),
    [OPTIMIZER_SAFETENSORS, encodeSafetensors(memoryTensors(optimizer, 'the optimizer'))],
  ];
  const names = [...files.map(([name]) => name), TRAINER_STATE_JSON];
  const taken = names.find((name, i) => names.indexOf(name) !== i);
  if (taken !== undefined) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `A checkpoint cannot take a file named ${taken}: it has its own.`,
    );
  }
  const sha256: Record<string, string> = {};
  for (const [name, content] of files) sha256[name] = await write(name, content);
  await write(TRAINER_STATE_JSON, formatTrainerState({ ...progress, run, versions, sha256 }));
}
