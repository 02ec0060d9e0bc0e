import { withFile, type Folder } from '@attune/files';
import { ADAPTER_CONFIG_JSON, wholeCheckpoints } from '@attune/formats';
import { finetune, finetuneConfig, readRun, SAMPLES, sampleName, storedSettings } from '@attune/runs';
import type { SavedTuning, TuneSample } from '../../messages/finetune.js';
import type { Evaluation } from '../../protocol.js';
import { tuneSettingsOf } from '../../settings/tune-settings.js';
import { ADAPTER_FOLDER, pastedRows, RUN_FOLDER, workspace } from '../models/workspace.js';
import { readLog } from '../pretrain/run-log.js';

/** The folder of a finished adapter, whose configuration is the last to be written. */
export const FINAL = 'final';

/** The most bytes of a sample that are shown. */
const MAX_SAMPLE_BYTES = 100_000;

/** As many as one compares. */
const MAX_SAMPLES = 20;

/** The newest samples of the steps up to one, in order. */
async function samplesOf(run: Folder, upTo: number): Promise<TuneSample[]> {
  const steps = (await readRun(run).sampledSteps()).filter((step) => step <= upTo).slice(-MAX_SAMPLES);
  const read = (step: number) =>
    withFile(run.folder(SAMPLES), sampleName(step), async (file) => {
      const bytes = await file.read(0, Math.min(file.size, MAX_SAMPLE_BYTES));
      return { step, text: new TextDecoder().decode(bytes).trim() };
    });
  return Promise.all(steps.map(read));
}

/** Removes the run, and leaves the model and the rows. */
export async function discardTuning(): Promise<void> {
  await (await workspace()).remove(RUN_FOLDER);
}

/** The folder of the adapter to talk with: that of the run, or the one that was opened. */
export async function adapterFolder(): Promise<string> {
  const run = (await workspace()).folder(RUN_FOLDER);
  const has = (await run.folder(FINAL).has(ADAPTER_CONFIG_JSON)) || (await wholeCheckpoints(run)).length > 0;
  return has ? RUN_FOLDER : ADAPTER_FOLDER;
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
  return {
    ...{ step, metrics, evaluations, isFinished },
    maxIters: stored.maxIters ?? step,
    settings: tuneSettingsOf(stored),
    text: await pastedRows(),
    samples: await samplesOf(run, step),
  };
}
