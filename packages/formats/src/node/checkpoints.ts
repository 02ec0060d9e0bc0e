import { basename, dirname, join } from 'node:path';
import type { HostTensors } from '@attune/core';
import { diskFolder } from '@attune/files/node';
import * as checkpoints from '../checkpoint/index.js';
import type { CheckpointContents, CheckpointFolder, StoredCheckpoint } from '../checkpoint/index.js';

// The functions of `@attune/formats` for paths.

/** A checkpoint of a run on disk, by its step. */
export interface CheckpointPath {
  readonly step: number;
  readonly path: string;
}

/** Where a run keeps the checkpoint of a step. */
export function checkpointPath(run: string, step: number): string {
  return join(run, checkpoints.CHECKPOINTS, checkpoints.checkpointName(step));
}

/** Where a run keeps the checkpoint with the lowest validation loss. */
export function bestCheckpointPath(run: string): string {
  return join(run, checkpoints.CHECKPOINTS, checkpoints.BEST_CHECKPOINT);
}

/** The checkpoints of a run on disk, as `listCheckpoints` of `@attune/formats`. @throws AttuneError FILE_READ. */
export async function listCheckpoints(run: string): Promise<CheckpointPath[]> {
  const entries = await checkpoints.listCheckpoints(diskFolder(run));
  return entries.map(({ step }) => ({ step, path: checkpointPath(run, step) }));
}

/** The path of a run's checkpoint with the most steps; `undefined` if it has none. @throws AttuneError FILE_READ. */
export async function latestCheckpoint(run: string): Promise<string | undefined> {
  const [latest] = await checkpoints.wholeCheckpoints(diskFolder(run));
  return latest && checkpointPath(run, latest.step);
}

/** Removes a checkpoint of a run on disk, as `removeCheckpoint` of `@attune/formats`. @throws AttuneError FILE_WRITE. */
export function removeCheckpoint(run: string, step: number): Promise<void> {
  return checkpoints.removeCheckpoint(diskFolder(run), checkpoints.checkpointName(step));
}

/** Finishes what a process that was killed left half done, as `recoverCheckpoints` of `@attune/formats`. */
export function recoverCheckpoints(run: string): Promise<void> {
  return checkpoints.recoverCheckpoints(diskFolder(run));
}

/** Reads a checkpoint on disk. @throws AttuneError as `readCheckpoint` of `@attune/formats`. */
export function readCheckpoint(path: string): Promise<CheckpointFolder> {
  return checkpoints.readCheckpoint(diskFolder(path, FIX));
}

/** Reads a checkpoint of any model on disk, as `readModelCheckpoint` of `@attune/formats`. */
export function readModelCheckpoint(
  path: string,
  modelFiles: readonly string[],
  readParameters: () => Promise<HostTensors>,
): Promise<StoredCheckpoint> {
  return checkpoints.readModelCheckpoint(diskFolder(path, FIX), modelFiles, readParameters);
}

const FIX = 'Name the folder of a checkpoint.';

/**
 * Writes a checkpoint to any folder on disk, as `writeCheckpoint` of `@attune/formats` does into a run's.
 *
 * @param path usually `checkpointPath(run, step)`.
 */
export function writeCheckpoint(path: string, contents: CheckpointContents): Promise<void> {
  return checkpoints.writeCheckpointFolder(diskFolder(dirname(path)), basename(path), contents);
}
