import { AttuneError, isAttuneError, type Checkpoint } from '@attune/core';
import { BEST_CHECKPOINT, checkpointName } from '@attune/formats';
import type { Trainer } from '@attune/train';
import type { ModelSaver } from '../models/folder/model-saver.js';
import type { DataHashes } from '../record/run-record.js';
import type { RunStore } from '../record/run-store.js';
import type { RunConfig } from '../settings/shared-fields.js';
import type { RunObserver } from './observer.js';
import type { RunProgress } from './progress.js';

/** The parts of a run's checkpoints. */
export interface CheckpointSource {
  readonly config: RunConfig;
  readonly backend: string;
  readonly data: DataHashes;
  readonly saver: ModelSaver;
  readonly trainer: Trainer;
  readonly progress: RunProgress;
  /** The versions of the software that writes them. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Writes the checkpoints of a run, and removes those that are not kept. */
export class CheckpointWriter {
  /** The last checkpoint that is whole, written by this process or the one it resumed from. */
  lastPath: string | undefined;

  constructor(
    private readonly run: RunStore,
    private readonly source: CheckpointSource,
    private readonly observer: Pick<RunObserver, 'checkpoint'>,
    resumedFrom?: string,
  ) {
    this.lastPath = resumedFrom;
  }

  /** Writes the run as it stands as the checkpoint of its step, then removes the oldest above `--keep-checkpoints`. */
  async write(checkpoint?: Checkpoint): Promise<string> {
    const { config } = this.source;
    const taken = checkpoint ?? (await this.take());
    const path = await this.save(checkpointName(taken.step), taken);
    this.lastPath = path;
    await this.removeOld(taken.step, config.keepCheckpoints);
    return path;
  }

  /** Writes the run as it stands as the best one. */
  async writeBest(): Promise<void> {
    const path = await this.save(BEST_CHECKPOINT, await this.take());
    this.lastPath ??= path;
  }

  /** The run as it stands. */
  take(): Promise<Checkpoint> {
    const { trainer, saver } = this.source;
    return trainer.checkpoint({ frozen: saver.savesFrozen });
  }

  private async save(name: string, checkpoint: Checkpoint): Promise<string> {
    const { config, backend, data, saver, progress, versions } = this.source;
    const path = this.run.checkpointPath(name);
    // Other ranks than 0 do not have all of it.
    if (!this.run.writes) return path;
    await this.run.check();
    // A checkpoint is not there before the log of its steps is.
    await this.run.syncLog();
    const run = { config, backend, data, progress: progress.state() };
    await this.run.writeCheckpoint(name, { ...saver.checkpoint(checkpoint), run, versions });
    this.observer.checkpoint?.(path);
    return path;
  }

  private async removeOld(step: number, keep: number): Promise<void> {
    if (keep === 0 || !this.run.writes) return;
    const earlier = (await this.run.checkpoints()).filter((one) => one.step <= step);
    await this.run.check();
    for (const one of earlier.slice(keep)) await this.run.removeCheckpoint(one.step);
  }
}

/** An error that ended a run, with where the run may go on from, and where its model is if it had been trained already. */
export function withLastCheckpoint(error: unknown, path: string | undefined, final?: string): unknown {
  if (!isAttuneError(error) || error.code === 'INTERRUPTED') return error;
  const { code, message, data } = error;
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
