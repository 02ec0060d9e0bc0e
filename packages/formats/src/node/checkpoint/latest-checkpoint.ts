import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileReadError, fileWriteError } from '@attune/core';
import { recoverWrites } from '../files/recover.js';
import { listFolder } from '../files/write-folder.js';
import { TRAINER_STATE_JSON } from '../../checkpoint/trainer-state.js';

const CHECKPOINTS = 'checkpoints';
const BEST = 'best';

/** A checkpoint of a run, by its step. */
export interface CheckpointEntry {
  readonly step: number;
  readonly path: string;
}

/** Where a run keeps the checkpoint of a step. */
export function checkpointPath(run: string, step: number): string {
  return join(run, CHECKPOINTS, `step-${step}`);
}

/** Where a run keeps the checkpoint with the lowest validation loss. */
export function bestCheckpointPath(run: string): string {
  return join(run, CHECKPOINTS, BEST);
}

/**
 * The checkpoints of a run, those with the most steps first, whether or not they can be read. The best one is not among
 * them.
 *
 * @throws AttuneError FILE_READ if the folder cannot be read. One that does not exist has no checkpoints.
 */
export async function listCheckpoints(run: string): Promise<CheckpointEntry[]> {
  try {
    const names = (await listFolder(join(run, CHECKPOINTS))) ?? [];
    const steps = names.flatMap((name) => {
      const digits = /^step-(\d+)$/.exec(name)?.[1];
      return digits === undefined ? [] : [Number(digits)];
    });
    return steps.sort((a, b) => b - a).map((step) => ({ step, path: checkpointPath(run, step) }));
  } catch (error) {
    throw fileReadError(run, error);
  }
}

/** The path of a run's checkpoint with the most steps; `undefined` if it has none. */
export async function latestCheckpoint(run: string): Promise<string | undefined> {
  try {
    for (const { path } of await listCheckpoints(run)) {
      if ((await listFolder(path))?.includes(TRAINER_STATE_JSON)) return path;
    }
    return undefined;
  } catch (error) {
    throw fileReadError(run, error);
  }
}

/**
 * Removes a checkpoint. It leaves the list at once, so that none is ever seen that is half removed.
 *
 * @throws AttuneError FILE_WRITE.
 */
export async function removeCheckpoint(run: string, step: number): Promise<void> {
  const path = checkpointPath(run, step);
  const hidden = join(run, CHECKPOINTS, `.step-${step}.tmp`);
  try {
    await rm(hidden, { recursive: true, force: true });
    await rename(path, hidden);
    await rm(hidden, { recursive: true, force: true });
  } catch (error) {
    throw fileWriteError(path, error);
  }
}

/**
 * Finishes what a process that was killed while it wrote or replaced a checkpoint left half done. Only for a run that
 * nobody is writing to.
 *
 * @throws AttuneError FILE_WRITE.
 */
export async function recoverCheckpoints(run: string): Promise<void> {
  await recoverWrites(join(run, CHECKPOINTS), (name) => name === BEST || /^step-\d+$/.test(name));
}
