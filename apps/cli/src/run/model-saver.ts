import type { Checkpoint, HostTensors } from '@attune/core';
import type { CheckpointRun } from './checkpoints.js';

/** How the model of a run is written. */
export interface ModelSaver {
  /** Whether checkpoints hold what is not trained. Where it comes from elsewhere, they need not. */
  readonly savesFrozen: boolean;
  /** Writes a checkpoint: the model, and everything the run needs to go on. */
  writeCheckpoint(path: string, checkpoint: Checkpoint, run: CheckpointRun): Promise<void>;
  /** Writes the finished model, as others read it. */
  writeFinal(path: string, parameters: HostTensors): Promise<void>;
}
