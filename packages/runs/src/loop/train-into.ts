import { AttuneError, type Backend } from '@attune/core';
import type { RunHost } from '../models/model/host.js';
import type { ModelSaver } from '../models/folder/model-saver.js';
import type { FoundCheckpoint } from '../record/find-checkpoint.js';
import type { RunStore } from '../record/run-store.js';
import type { RunConfig } from '../settings/shared-fields.js';
import type { TrainingCommand } from '../settings/resuming.js';
import type { TrainingJob } from '../tasks/common/task.js';
import { CheckpointWriter, withLastCheckpoint } from './checkpoint-writer.js';
import type { RunAudience } from './observer.js';
import { parseProgress, RunProgress } from './progress.js';
import { runTraining, type TrainingResult } from './training-loop.js';

/** The trainer of a run, and all around it. */
export interface TrainingSetup {
  /** The command that goes on with the run. */
  readonly command: TrainingCommand;
  readonly config: RunConfig;
  readonly host: Pick<RunHost, 'breathe' | 'versions' | 'ranks'>;
  readonly backend: Backend;
  readonly run: RunStore;
  /** Where the run goes on from. */
  readonly checkpoint?: FoundCheckpoint | undefined;
  readonly audience: RunAudience;
  /** Notes that are printed first. */
  readonly notes?: readonly string[];
}

/**
 * Trains into an open folder until a condition ends the run, and writes the model.
 *
 * @throws AttuneError INTERRUPTED if the run was stopped, when a checkpoint has been written. Others name the last good
 * checkpoint.
 */
export async function trainInto(setup: TrainingSetup, job: TrainingJob): Promise<void> {
  const { config, host, backend, run, checkpoint, notes = [] } = setup;
  const { audience } = setup;
  const { observer } = audience;
  const { trainer, saver, hashes, evaluate, sampler, predictsTokens } = job;
  const progress = new RunProgress(
    config,
    checkpoint && parseProgress(checkpoint.run['progress'], checkpoint.path),
  );
  const checkpoints = new CheckpointWriter(
    run,
    { config, backend: backend.name, data: hashes, saver, trainer, progress, versions: host.versions() },
    observer,
    checkpoint?.path,
  );
  const stop = audience.listen();
  try {
    observer.begins({
      backend: `${backend.name}: ${backend.device.description}`,
      description: job.description,
      parameters: job.parameters,
      config,
      ranks: host.ranks?.communicator,
      path: run.path,
      checkpoint: checkpoint?.path,
      notes,
      rows: job.rows,
    });
    await host.ranks?.beginTraining();
    if (checkpoint) await trainer.restore(checkpoint.checkpoint);
    const result = await runTraining({
      ...{ config, backend, trainer, progress, evaluate, sampler, predictsTokens },
      ...{ run, checkpoints, observer, stop, ranks: host.ranks },
      wantsCheckpoint: () => audience.wantsCheckpoint?.() ?? false,
      breathe: () => host.breathe(),
    });
    const { failure } = result;
    await saveResult(result, checkpoints, setup, saver).catch((error: unknown) => {
      // A backend that was lost fails here once more: what it failed with first says why.
      throw failure ?? error;
    });
    if (failure !== undefined) {
      throw withLastCheckpoint(failure, checkpoints.lastPath, isFinished(result) ? run.finalPath : undefined);
    }
    // Launchers may send a signal twice: no rank stops listening, and is ended by it, while rank 0 still writes.
    await host.ranks?.meet();
    if (!isFinished(result)) throw interruptedAfter(progress.step, checkpoints.lastPath!, setup);
    summarize(result, progress, setup, job);
  } catch (error) {
    // Other ranks than 0 do not know how much of it is written.
    throw run.writes ? withLastCheckpoint(error, checkpoints.lastPath) : error;
  } finally {
    stop.dispose();
    await trainer.dispose();
  }
}

/** True if training came to its end. */
const isFinished = ({ end }: TrainingResult) => end !== 'signal';

/** Writes the last checkpoint of this process and, where training came to its end, the model. */
async function saveResult(
  result: TrainingResult,
  checkpoints: CheckpointWriter,
  { config, host, run }: TrainingSetup,
  saver: ModelSaver,
): Promise<void> {
  const last = await checkpoints.take();
  host.ranks?.endTraining();
  // From the last one, an evaluation that failed can be made up for.
  const isAsked = config.checkpointInterval > 0 || result.failure !== undefined;
  if (!isFinished(result) || (isAsked && result.steps > 0)) await checkpoints.write(last);
  if (!isFinished(result) || !run.writes) return;
  await run.check();
  await run.writeFinal(saver.final(last.parameters));
}

function interruptedAfter(step: number, checkpoint: string, { command, run }: TrainingSetup): AttuneError {
  return new AttuneError('INTERRUPTED', `Stopped after step ${step}. The checkpoint is in ${checkpoint}.`, {
    fix: `Go on: attune ${command} --resume ${run.path}. Try it: attune generate --model ${checkpoint}`,
    data: { step, checkpoint },
  });
}

function summarize(
  { end, steps, sample, seconds }: TrainingResult,
  { step, last, best }: RunProgress,
  { config, run: { path, finalPath }, audience: { observer } }: TrainingSetup,
  { generates, predictsTokens, sampler }: TrainingJob,
): void {
  observer.ended({
    ...{ end, config, steps, seconds, last, predictsTokens, generates, path, finalPath },
    lowest: best && best.step < step ? best : undefined,
    // An empty one shows nothing.
    sample: sample && sampler ? { title: sampler.title, text: sample } : undefined,
  });
}
