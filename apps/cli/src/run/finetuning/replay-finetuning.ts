import {
  changedSettings,
  finetuneConfig,
  finetuneFields,
  recordedFinetuneConfig,
  type FinetuneConfig,
} from '@attune/runs';
import type { Context } from '../../context.js';
import type { Replay, ReplayRequest } from '../evaluation/replay.js';
import { readFinetuningRun } from '../run-folder/run-config.js';
import { hashesOfRun, type RunRecord } from '../run-folder/run-record.js';
import { finetuningTrainer } from './finetuning.js';
import { checkSameOrigin, prepareFinetuning, readRunCheckpoint } from './prepare-finetuning.js';

/**
 * Opens a run of fine-tuning to do steps of it again, as it is opened to go on with it.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH if the data or the base model is another; INVALID_CONFIG if the configuration was
 * changed to that of another run; those of reading run, checkpoint, model and data.
 */
export async function openFinetuningReplay(
  { run, checkpoint, data }: ReplayRequest,
  record: RunRecord | undefined,
  context: Context,
): Promise<Replay> {
  const stored = await readFinetuningRun(run);
  const prepared = await prepareFinetuning(
    finetuneConfig({ ...stored, ...(data !== undefined && { data }) }),
    context,
  );
  const { adapted, text } = prepared;
  try {
    const folder = checkpoint === null ? undefined : await readRunCheckpoint(checkpoint, adapted);
    const recorded = folder?.run['config'] as FinetuneConfig | undefined;
    const begun = recorded && recordedFinetuneConfig(recorded);
    if (begun) changedSettings(finetuneFields, begun, prepared.config, run, 'finetune');
    checkSameOrigin({ hashes: hashesOfRun(folder, record), base: record?.base }, prepared, run);
    // What may change when a run goes on is as it was at the checkpoint.
    const config = { ...prepared.config, ...begun };
    return {
      backend: config.backend,
      checkpoint: folder?.checkpoint,
      createTrainer: (backend) => finetuningTrainer({ ...prepared, config, backend }),
      close: () => text.close(),
    };
  } catch (error) {
    await text.close();
    throw error;
  }
}
