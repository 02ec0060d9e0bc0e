import { rename, rm } from 'node:fs/promises';
import { AttuneError, isAttuneError, type Checkpoint } from '@attune/core';
import {
  bestCheckpointPath,
  listCheckpoints,
  removeCheckpoint,
  type StoredCheckpoint,
} from '@attune/formats/node';
import { startFrom, type RunConfig, type TrainingCommand } from '@attune/runs';
import type { Trainer } from '@attune/train';
import { errorCodeOf } from '../../exit-codes.js';
import { exists, writing } from '../files.js';
import type { ModelSaver } from '../models/model-saver.js';
import type { RunProgress } from '../training/progress.js';
import type { RunFolder } from './run-folder.js';
import type { DataHashes } from '../pretraining/training-data.js';

/** What the checkpoints of a run are written from. */
export interface CheckpointSource {
  readonly config: RunConfig;
  readonly backend: string;
  readonly data: DataHashes;
  readonly saver: ModelSaver;
  readonly trainer: Trainer;
  readonly progress: RunProgress;
}

/** Writes the checkpoints of a run, and removes those that are not kept. */
export class CheckpointWriter {
  /** The last checkpoint that is whole, written by this process or the one it resumed from. */
  lastPath: string | undefined;

  constructor(
    private readonly folder: RunFolder,
    private readonly source: CheckpointSource,
    resumedFrom?: string,
  ) {
    this.lastPath = resumedFrom;
  }

  /** Writes the run as it stands as the checkpoint of its step, then removes the oldest above `--keep-checkpoints`. */
  async write(checkpoint?: Checkpoint): Promise<string> {
    const { config } = this.source;
    const taken = checkpoint ?? (await this.take());
    const path = this.folder.checkpoint(taken.step);
    await this.save(path, taken);
    this.lastPath = path;
    await this.removeOld(taken.step, config.keepCheckpoints);
    return path;
  }

  /** Writes the run as it stands as the best one. */
  async writeBest(): Promise<void> {
    await this.save(this.folder.best, await this.take());
    this.lastPath ??= this.folder.best;
  }

  /** The run as it stands. */
  take(): Promise<Checkpoint> {
    const { trainer, saver } = this.source;
    return trainer.checkpoint({ frozen: saver.savesFrozen });
  }

  private async save(path: string, checkpoint: Checkpoint): Promise<void> {
    const { config, backend, data, saver, progress } = this.source;
    await this.folder.check();
    // A checkpoint is not there before the log of its steps is.
    await this.folder.metrics.sync();
    await saver.writeCheckpoint(path, checkpoint, { config, backend, data, progress: progress.state() });
  }

  private async removeOld(step: number, keep: number): Promise<void> {
    if (keep === 0) return;
    const earlier = (await listCheckpoints(this.folder.path)).filter((one) => one.step <= step);
    await this.folder.check();
    for (const one of earlier.slice(keep)) await removeCheckpoint(this.folder.path, one.step);
  }
}

/** A checkpoint a run goes on from. */
export type FoundCheckpoint<Stored extends StoredCheckpoint = StoredCheckpoint> = Stored & {
  readonly path: string;
};

/** A checkpoint that was passed over. */
export interface DamagedCheckpoint {
  readonly path: string;
  /** What is wrong with it. */
  readonly error: AttuneError;
}

/** What a search for the newest checkpoint came upon. */
export interface CheckpointSearch<Stored extends StoredCheckpoint = StoredCheckpoint> {
  /** `undefined` where the run has none yet. */
  readonly found?: FoundCheckpoint<Stored>;
  /** Newer ones that cannot be read. */
  readonly damaged: readonly DamagedCheckpoint[];
}

/** True if an error says that a checkpoint is damaged, and not that it cannot be read now, or by this user. */
function isDamage(error: unknown): error is AttuneError {
  const passes = ['FILE_READ', 'OUT_OF_MEMORY', 'INTERRUPTED'] as const;
  return isAttuneError(error) && !passes.some((code) => code === error.code);
}

/**
 * Reads the newest checkpoint of a run that is whole; the best one counts as well.
 *
 * @param command that goes on with the run.
 * @param readFolder reads a checkpoint.
 * @throws AttuneError FILE_CORRUPT if there are some, but none is; FILE_READ if one cannot be read, for want of a permission
 * for example: it may be whole.
 */
export async function findCheckpoint<Stored extends StoredCheckpoint>(
  run: string,
  command: TrainingCommand,
  readFolder: (path: string) => Promise<Stored>,
): Promise<CheckpointSearch<Stored>> {
  const damaged: DamagedCheckpoint[] = [];
  const read = async (path: string): Promise<FoundCheckpoint<Stored> | undefined> => {
    try {
      return { path, ...(await readFolder(path)) };
    } catch (error) {
      if (!isDamage(error)) throw error;
      damaged.push({ path, error });
      return undefined;
    }
  };
  const bestPath = bestCheckpointPath(run);
  const best = (await exists(bestPath)) ? await read(bestPath) : undefined;
  const bestStep = best?.checkpoint.step ?? -1;
  for (const { step, path } of await listCheckpoints(run)) {
    if (step < bestStep) break;
    const found = await read(path);
    if (found) return { found, damaged };
  }
  if (best || damaged.length === 0) return { found: best, damaged };
  throw new AttuneError(
    'FILE_CORRUPT',
    `No checkpoint in ${run} is whole. ${damaged.map(({ error }) => error.message).join(' ')}`,
    {
      fix: `Begin again with --overwrite, or with the weights of a checkpoint that has them: ${startFrom(command, damaged[0]!.path, damaged[0]!.path)}.`,
    },
  );
}

/** Takes a damaged checkpoint out of the way, for whoever wants to look into it. */
export async function setAside({ path }: DamagedCheckpoint): Promise<string> {
  const aside = `${path}.damaged`;
  await writing(aside, async () => {
    await rm(aside, { recursive: true, force: true });
    await rename(path, aside);
  });
  return aside;
}

/** An error that ended a run, with where the run may go on from, and where its model is if it had been trained already. */
export function withLastCheckpoint(error: unknown, path: string | undefined, final?: string): unknown {
  const code = errorCodeOf(error);
  if (!code || code === 'INTERRUPTED') return error;
  const { message, data } = error as AttuneError;
  // Said already, by whoever knew more.
  if (data?.['checkpoint'] !== undefined) return error;
  const checkpoint =
    path === undefined ? 'No checkpoint had been written.' : `The last good checkpoint is ${path}.`;
  return new AttuneError(code, message, {
    fix: final === undefined ? checkpoint : `The trained model is in ${final}. ${checkpoint}`,
    cause: error,
    data: { ...data, checkpoint: path ?? null },
  });
}
