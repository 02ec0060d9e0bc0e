import type { Folder, WritableFolder } from '@attune/files';
import { writeCheckpointFiles, type CheckpointContents } from './checkpoint-files.js';
import { readCheckpoint, type CheckpointFolder } from './read-checkpoint.js';
import { TRAINER_STATE_JSON } from './trainer-state.js';

/** The folder of a run that holds its checkpoints. */
export const CHECKPOINTS = 'checkpoints';

/** Name of the checkpoint with the lowest validation loss. */
export const BEST_CHECKPOINT = 'best';

/** A checkpoint of a run, by its step. */
export interface CheckpointEntry {
  readonly step: number;
  /** The name of its folder. */
  readonly name: string;
}

/** The name of the checkpoint of a step. */
export function checkpointName(step: number): string {
  return `step-${step}`;
}

/** The folder of a run's checkpoint. */
export function checkpointFolder(run: WritableFolder, name: string): WritableFolder;
export function checkpointFolder(run: Folder, name: string): Folder;
export function checkpointFolder(run: Folder, name: string): Folder {
  return run.folder(CHECKPOINTS).folder(name, TRAINER_STATE_JSON);
}

/**
 * The checkpoints of a run, those with the most steps first, whether or not they can be read. The best one is not among
 * them.
 *
 * @throws AttuneError FILE_READ if the folder cannot be read. One that does not exist has no checkpoints.
 */
export async function listCheckpoints(run: Folder): Promise<CheckpointEntry[]> {
  const names = (await run.folder(CHECKPOINTS).list()) ?? [];
  const entries = names.flatMap((name) => {
    const step = /^step-(\d+)$/.exec(name)?.[1];
    return step === undefined ? [] : [{ step: Number(step), name }];
  });
  return entries.sort((a, b) => b.step - a.step);
}

/** The checkpoints of a run that were written to the end, as {@link listCheckpoints}. */
export async function wholeCheckpoints(run: Folder): Promise<CheckpointEntry[]> {
  const whole: CheckpointEntry[] = [];
  for (const entry of await listCheckpoints(run)) {
    if (await checkpointFolder(run, entry.name).has(TRAINER_STATE_JSON)) whole.push(entry);
  }
  return whole;
}

/**
 * Writes a checkpoint of a run: the folder of a model, which transformers loads as it is, with `optimizer.safetensors` and
 * `trainer_state.json`. It is whole or not there; one that is already there is replaced.
 *
 * @param name Default: that of its step.
 * @throws AttuneError FILE_WRITE, also if the folder exists and is no checkpoint; CHECKPOINT_MISMATCH if the parameters
 * are not those of the configuration; INVALID_ARGUMENT if a file's name is taken.
 */
export async function writeCheckpoint(
  run: WritableFolder,
  contents: CheckpointContents,
  name = checkpointName(contents.checkpoint.step),
): Promise<void> {
  await writeCheckpointFolder(run.folder(CHECKPOINTS), name, contents);
}

/** Writes a checkpoint into any folder, as {@link writeCheckpoint} does into a run's. */
export async function writeCheckpointFolder(
  parent: WritableFolder,
  name: string,
  contents: CheckpointContents,
): Promise<void> {
  await parent.writeFolder(name, TRAINER_STATE_JSON, (folder) =>
    writeCheckpointFiles(contents, (file, content) => folder.write(file, content)),
  );
}

/**
 * Removes a checkpoint. It leaves the list at once, so that none is ever seen that is half removed.
 *
 * @throws AttuneError FILE_WRITE.
 */
export async function removeCheckpoint(run: WritableFolder, name: string): Promise<void> {
  await run.folder(CHECKPOINTS).remove(name, TRAINER_STATE_JSON);
}

/**
 * Finishes what a process that was killed while it wrote or replaced a checkpoint left half done. Only for a run that
 * nobody is writing to.
 *
 * @throws AttuneError FILE_WRITE.
 */
export async function recoverCheckpoints(run: WritableFolder): Promise<void> {
  await run.folder(CHECKPOINTS).recover((name) => name === BEST_CHECKPOINT || /^step-\d+$/.test(name));
}

/**
 * The newest checkpoint that is whole and as it was written; those that are not are passed over.
 *
 * @param onDamaged hears of each that was passed over.
 */
export async function readLatestCheckpoint(
  run: Folder,
  onDamaged: (entry: CheckpointEntry, error: unknown) => void = () => undefined,
): Promise<CheckpointFolder | undefined> {
  for (const entry of await wholeCheckpoints(run)) {
    try {
      return await readCheckpoint(checkpointFolder(run, entry.name));
    } catch (error) {
      onDamaged(entry, error);
    }
  }
  return undefined;
}
