import type { Backend, Checkpoint, StepMetrics } from '@attune/core';
import type { Trainer } from '@attune/train';

/** What is replayed, and from where. */
export interface ReplayRequest {
  readonly run: string;
  /** Folder of the checkpoint begun from; `null` for the beginning of the run. */
  readonly checkpoint: string | null;
  /** Where the data is, if not where the run found it. */
  readonly data?: string;
}

/** Steps of a run that can be done again: model and data are open, and those that the run began with. */
export interface Replay {
  /** The backend that the configuration names. */
  readonly backend: string;
  readonly checkpoint?: Checkpoint;
  createTrainer(backend: Backend): Trainer;
  close(): Promise<void>;
}

/** Does the steps up to `lastStep` again. */
export async function replaySteps(
  replay: Replay,
  backend: Backend,
  lastStep: number,
): Promise<StepMetrics[]> {
  const trainer = replay.createTrainer(backend);
  try {
    if (replay.checkpoint) await trainer.restore(replay.checkpoint);
    const steps: StepMetrics[] = [];
    for await (const metrics of trainer.fit({ maxIters: lastStep })) steps.push(metrics);
    return steps;
  } finally {
    await trainer.dispose();
  }
}
