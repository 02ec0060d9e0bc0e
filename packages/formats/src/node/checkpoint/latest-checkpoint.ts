import { join } from 'node:path';
import { readError } from '../files/file-errors.js';
import { listFolder } from '../files/write-folder.js';
import { TRAINER_STATE_JSON } from './trainer-state.js';

const CHECKPOINTS = 'checkpoints';

/** Where a run keeps the checkpoint of a step. */
export function checkpointPath(run: string, step: number): string {
  return join(run, CHECKPOINTS, `step-${step}`);
}

/** The path of a run's checkpoint with the most steps; `undefined` if it has none. */
export async function latestCheckpoint(run: string): Promise<string | undefined> {
  try {
    const names = (await listFolder(join(run, CHECKPOINTS))) ?? [];
    const steps = names.flatMap((name) => {
      const digits = /^step-(\d+)$/.exec(name)?.[1];
      return digits === undefined ? [] : [Number(digits)];
    });
    for (const step of steps.sort((a, b) => b - a)) {
      const path = checkpointPath(run, step);
      if ((await listFolder(path))?.includes(TRAINER_STATE_JSON)) return path;
    }
    return undefined;
  } catch (error) {
    throw readError(run, error);
  }
}
