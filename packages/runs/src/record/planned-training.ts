import type { RunConfig } from '../settings/shared-fields.js';
import { CHECKPOINTS } from '@attune/formats';
import { FINAL, METRICS_JSONL, SAMPLES, TENSORBOARD } from './run-files.js';
import type { RunReader } from './run-store.js';

/** The files and folders of a run that training would write, beyond those written before its first step. */
export interface PlannedTraining {
  /** Files, and folders ending in `/`, which are added to. How large they become, training alone tells. */
  readonly writes: readonly string[];
  /** Sentences about how the run would go on. */
  readonly notes: readonly string[];
}

/** The files and folders that training adds to. */
export function trainingWrites(config: RunConfig, { path }: Pick<RunReader, 'path'>): string[] {
  const folders = [CHECKPOINTS, SAMPLES, FINAL, ...(config.tensorboard ? [TENSORBOARD] : [])];
  return [METRICS_JSONL, ...folders.map((name) => `${name}/`)].map((name) => `${path}/${name}`);
}
