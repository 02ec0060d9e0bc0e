import { join } from 'node:path';
import { AttuneError, type Backend } from '@attune/core';
import { isUnfinishedTokenFolder } from '@attune/data/node';
import { readCheckpoint } from '@attune/formats/node';
import {
  changedSettings,
  checkConfig,
  describeChange,
  trainingFields,
  withDefaults,
  type TrainingConfig,
} from '@attune/runs';
import type { Context } from '../../context.js';
import {
  findCheckpoint,
  setAside,
  type CheckpointSearch,
  type FoundCheckpoint,
} from '../run-folder/checkpoints.js';
import { truncateMetrics } from '../run-folder/metrics-log.js';
import { exists } from '../files.js';
import { modelOfCheckpoint, openModel } from '../models/model-folder.js';
import type { OpenModel } from '../models/opened-model.js';
import { checkStoredBackend } from '../backend-package.js';
import { withBackend } from '../open-backend.js';
import { prepareEmbeddedCorpus } from '../pretraining/embedded-corpus.js';
import { pretrainingJob } from '../pretraining/pretraining.js';
import { parseProgress } from './progress.js';
import { checkOwnEntry } from '../run-folder/own-entries.js';
import { readTrainingRun } from '../run-folder/run-config.js';
import { CONFIG_YAML, RunFolder } from '../run-folder/run-folder.js';
import {
  checkSameData,
  hashesOfRun,
  createRecord,
  createSession,
  readRecord,
  writeRecord,
} from '../run-folder/run-record.js';
import { trainInto } from './train-into.js';
import { openTrainingData } from '../pretraining/training-data.js';

/** What is asked of `attune pretrain --resume`. */
export interface ResumeRequest {
  readonly run: string;
  /** Settings to change. */
  readonly given: Partial<TrainingConfig>;
  readonly json: boolean;
}

/**
 * Goes on with a run from its newest checkpoint that is whole; from the beginning if there is none yet. On a deterministic
 * backend every step comes out as if the run had never ended.
 *
 * Everything that can be wrong with the request is found before anything of the run is changed.
 *
 * @throws AttuneError INVALID_CONFIG where a setting would make it another run; CHECKPOINT_MISMATCH where the data is
 * another; RUN_LOCKED; INTERRUPTED after Ctrl-C, when a checkpoint has been written.
 */
export async function resume({ run, given, json }: ResumeRequest, context: Context): Promise<void> {
  const folder = await RunFolder.reopen(run);
  try {
    const stored = await readTrainingRun(run);
    checkStoredBackend(stored, given, join(run, CONFIG_YAML));
    const search = await findCheckpoint(run, 'pretrain', readCheckpoint);
    const { found: checkpoint } = search;
    // Values that follow others stay as they were: with more steps, the decay of the learning rate ends where it did.
    const config = withDefaults(trainingFields, { ...stored, ...given });
    const begun = (checkpoint?.run['config'] as Partial<TrainingConfig> | undefined) ?? stored;
    const changes = changedSettings(trainingFields, begun, config, run, 'pretrain').map(describeChange);
    checkConfig(config);
    const source = checkpoint
      ? await modelOfCheckpoint(checkpoint.path, checkpoint)
      : await initialModel(config, context);
    await withBackend(config.backend, context, async (backend) => {
      if (!checkpoint && config.data === undefined) {
        await checkOwnEntry(folder.data, 'folder');
        const whole =
          (await exists(join(folder.data, 'meta.json'))) && !(await isUnfinishedTokenFolder(folder.data));
        if (!whole) await prepareEmbeddedCorpus(folder.data);
      }
      const data = await openTrainingData(config.data ?? folder.data, config, source);
      try {
        const record = (await readRecord(run)) ?? createRecord(config, { ...data, path: config.data });
        checkSameData(hashesOfRun(checkpoint, record), data, run);
        const notes = [
          ...changes.map((change) => `Changed: ${change}.`),
          ...describeBackend(checkpoint, backend),
          ...(await rewind(folder, search)),
        ];
        await folder.writeConfig(config);
        await writeRecord(
          run,
          record,
          createSession(backend, config.backend, checkpoint?.checkpoint.step ?? 0),
        );
        const job = await pretrainingJob({
          config,
          backend,
          data,
          source,
          resumes: checkpoint !== undefined,
        });
        await trainInto(
          { command: 'pretrain', config, context, backend, folder, checkpoint, json, notes },
          job,
        );
      } finally {
        await data.close();
      }
    });
  } finally {
    await folder.close();
  }
}

/** What a run without a checkpoint began with. */
async function initialModel({ initFrom }: TrainingConfig, context: Context): Promise<OpenModel | undefined> {
  return initFrom === undefined ? undefined : openModel(initFrom, context);
}

export function describeBackend(checkpoint: FoundCheckpoint | undefined, backend: Backend): string[] {
  const before = checkpoint?.run['backend'];
  if (before === undefined || before === backend.name) return [];
  return [
    `The checkpoint was written on ${String(before)}: from here on, losses agree with it to about 1e-5, not bit by bit.`,
  ];
}

/** Brings the folder back to the step of the checkpoint. Returns what people are to know of it. */
export async function rewind(folder: RunFolder, { found, damaged }: CheckpointSearch): Promise<string[]> {
  const notes: string[] = [];
  for (const one of damaged) {
    notes.push(`Passed over: ${one.error.message} It is now ${await setAside(one)}.`);
  }
  const step = found?.checkpoint.step ?? 0;
  if (!found) notes.push('There is no checkpoint yet: the run begins again.');
  const due = found && parseProgress(found.run['progress'], found.path).evaluationDue;
  // The line of a step whose evaluation is still due is written when that is done.
  const logged = due ? step - 1 : step;
  const kept = await truncateMetrics(folder.metrics.path, logged);
  if (kept < logged)
    notes.push(`${folder.metrics.path} ends at step ${kept}: the lines up to step ${logged} are lost.`);
  await folder.removeSamplesAfter(logged);
  return notes;
}

/** @throws AttuneError INVALID_CONFIG for what a run that goes on cannot take. */
export function checkResumeOptions(options: Readonly<Record<string, unknown>>): void {
  const wrong = ['preset', 'config', 'out', 'continue', 'overwrite'].filter(
    (key) => options[key] !== undefined,
  );
  if (wrong.length === 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `--resume does not go with ${wrong.map((key) => `--${key}`).join(', ')}.`,
    {
      fix: 'A run goes on in its folder, with its own configuration; single settings can be changed by flags.',
    },
  );
}
