import type { Checkpoint, HostTensors } from '@attune/core';
import type { RunConfig } from '@attune/runs';
import type { ProgressState } from '../training/progress.js';
import type { DataHashes } from '../pretraining/training-data.js';

/** What a run puts into its checkpoints beside what the trainer does. */
export interface CheckpointRun {
  readonly config: RunConfig;
  readonly backend: string;
  readonly data: DataHashes;
  readonly progress: ProgressState;
}

/** How the model of a run is written. */
export interface ModelSaver {
  /** Whether checkpoints hold what is not trained. Where it comes from elsewhere, they need not. */
  readonly savesFrozen: boolean;
  /** Writes a checkpoint: the model, and everything the run needs to go on. */
  writeCheckpoint(path: string, checkpoint: Checkpoint, run: CheckpointRun): Promise<void>;
  /** Writes the finished model, as others read it. */
  writeFinal(path: string, parameters: HostTensors): Promise<void>;
}
