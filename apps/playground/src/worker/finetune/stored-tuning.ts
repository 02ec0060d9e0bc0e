import { withFile } from '@attune/files';
import { ADAPTER_CONFIG_JSON, wholeCheckpoints } from '@attune/formats';
import { finetune, finetuneConfig, newestSample, readRun, SAMPLES, storedSettings } from '@attune/runs';
import type { SavedTuning } from '../../messages/finetune.js';
import type { Evaluation } from '../../protocol.js';
import { tuneSettingsOf } from '../../tune-settings.js';
import { pastedRows, RUN_FOLDER, workspace } from '../models/workspace.js';
import { readLog } from '../run-log.js';

/** The folder of a finished adapter, whose configuration is the last to be written. */
const FINAL = 'final';

/** The most bytes of a sample that are shown. */
const MAX_SAMPLE_BYTES = 100_000;

/** Removes the run, and leaves the model and the rows. */
export async function discardTuning(): Promise<void> {
  await (await workspace()).remove(RUN_FOLDER);
}

/** True if there is an adapter to talk with, or to download: that of a checkpoint, or the finished one. */
export async function hasAdapter(): Promise<boolean> {
  const run = (await workspace()).folder(RUN_FOLDER);
  return (await run.folder(FINAL).has(ADAPTER_CONFIG_JSON)) || (await wholeCheckpoints(run)).length > 0;
}

/**
 * The run that is stored, as its newest checkpoint has it; `undefined` if there is none, or none that was saved.
 *
 * @throws AttuneError FILE_CORRUPT, INVALID_CONFIG if it cannot be read.
 */
export async function findTuning(): Promise<SavedTuning | undefined> {
  const run = (await workspace()).folder(RUN_FOLDER);
  const [newest] = await wholeCheckpoints(run);
  if (!newest) return undefined;
  const stored = finetuneConfig(await storedSettings(readRun(run), finetune));
  const { step } = newest;
  const metrics = await readLog(run, step);
  const evaluations = metrics.flatMap(({ step, valLoss }): Evaluation[] =>
    valLoss === undefined ? [] : [{ step, valLoss }],
  );
  const isFinished = await run.folder(FINAL).has(ADAPTER_CONFIG_JSON);
  const samples = run.folder(SAMPLES);
  const sample = newestSample((await samples.list()) ?? [], step);
  return {
    ...{ step, metrics, evaluations, isFinished },
    maxIters: stored.maxIters ?? step,
    settings: tuneSettingsOf(stored),
    text: await pastedRows(),
    sample:
      sample === undefined
        ? ''
        : await withFile(samples, sample, async (file) =>
            new TextDecoder().decode(await file.read(0, Math.min(file.size, MAX_SAMPLE_BYTES))).trim(),
          ),
  };
}
