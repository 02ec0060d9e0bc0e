import { join } from 'node:path';
import { readCheckpoint } from '@attune/formats/node';
import { trainingFields, withDefaults, type TrainingConfig } from '@attune/runs';
import type { Context } from '../../context.js';
import type { Replay, ReplayRequest } from '../evaluation/replay.js';
import { modelOfCheckpoint, openModel } from '../models/model-folder.js';
import { readTrainingRun } from '../run-folder/run-config.js';
import { checkSameData, hashesOfRun, type RunRecord } from '../run-folder/run-record.js';
import { createModel, createTrainer } from '../training/create-trainer.js';
import { openTrainingData } from './training-data.js';

/**
 * Opens a run of pretraining to do steps of it again.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH if the data is another; those of reading run, checkpoint, model and data.
 */
export async function openPretrainingReplay(
  { run, checkpoint, data: moved }: ReplayRequest,
  record: RunRecord | undefined,
  context: Context,
): Promise<Replay> {
  const stored = withDefaults(trainingFields, await readTrainingRun(run));
  const folder = checkpoint === null ? undefined : await readCheckpoint(checkpoint);
  const config = (folder?.run['config'] as TrainingConfig | undefined) ?? stored;
  const first =
    folder || config.initFrom === undefined ? undefined : await openModel(config.initFrom, context);
  const source = folder && checkpoint !== null ? await modelOfCheckpoint(checkpoint, folder) : first;
  const data = await openTrainingData(moved ?? config.data ?? join(run, 'data'), config, source);
  try {
    checkSameData(hashesOfRun(folder, record), data, run);
  } catch (error) {
    await data.close();
    throw error;
  }
  return {
    backend: config.backend,
    checkpoint: folder?.checkpoint,
    createTrainer: (backend) =>
      createTrainer(config, backend, createModel(config, data, source), data, first),
    close: () => data.close(),
  };
}
