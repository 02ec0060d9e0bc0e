import { isAttuneError, type StepMetrics } from '@attune/core';
import { readText, type WritableFolder } from '@attune/files';
import {
  CONFIG_YAML,
  METRICS_JSONL,
  readRun,
  RUN_JSON,
  sampleName,
  SAMPLES,
  type ConfigFormat,
  type RunReader,
  type RunRecord,
} from '@attune/runs';

/** A configuration has some dozen lines. */
const MAX_CONFIG_BYTES = 2 ** 20;

/** A sample of a run. */
export interface RunSample {
  readonly step: number;
  readonly text: string;
}

/** The log of a run, from a folder that may be a stranger's: nothing is read through a link, and nothing is changed. */
export interface RunLog {
  /** The run's path. */
  readonly path: string;
  readonly run: RunReader;
  /** Its configuration as it stands in the folder; `undefined` if it cannot be read. */
  configText(): Promise<string | undefined>;
  /** Its settings, whatever they are called; none where the configuration cannot be read. */
  config(): Promise<Readonly<Record<string, unknown>>>;
  /** Names of files that are missing or damaged, so that a page can say why it shows nothing of them. */
  unread(): Promise<readonly string[]>;
  /** Its record; `undefined` if there is none, or it is damaged. */
  record(): Promise<RunRecord | undefined>;
  /** The steps of its log, in order: one that is not later than the one before is left out. */
  steps(): AsyncIterable<StepMetrics>;
  /** Names of its checkpoints, from the last to the first, then the best. */
  checkpoints(): Promise<readonly string[]>;
  /** Steps that have a sample, in order. */
  sampledSteps(): Promise<readonly number[]>;
  /** The sample of a step; `undefined` if it cannot be read. */
  sample(step: number): Promise<RunSample | undefined>;
}

/** A value, or `undefined` where a file is missing, damaged, or not one of the run's own. */
async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const passes = ['FILE_NOT_FOUND', 'FILE_READ', 'FILE_CORRUPT', 'FILE_WRITE', 'INVALID_CONFIG'] as const;
    if (passes.some((code) => isAttuneError(error, code))) return undefined;
    throw error;
  }
}

/**
 * Opens the log of a run.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run in the folder; FILE_WRITE if its log or its configuration is a link.
 */
export async function openRunLog(folder: WritableFolder, format: ConfigFormat): Promise<RunLog> {
  const run = readRun(folder, format);
  await run.command('pretrain');
  for (const name of [CONFIG_YAML, RUN_JSON, METRICS_JSONL]) await folder.checkOwn(name, 'file');
  const configText = () => orNothing(() => readText(folder, CONFIG_YAML, { maxBytes: MAX_CONFIG_BYTES }));
  return {
    ...{ path: folder.name, run, configText },
    async config() {
      const text = await configText();
      const parsed = text && (await orNothing(async () => format.parse(text, run.configPath)));
      return parsed || {};
    },
    async unread() {
      const text = await configText();
      const config =
        text === undefined ? undefined : await orNothing(async () => format.parse(text, run.configPath));
      const record = await orNothing(() => run.readRecord());
      return [...(config ? [] : [CONFIG_YAML]), ...(record ? [] : [RUN_JSON])];
    },
    record: () => orNothing(() => run.readRecord()),
    async *steps() {
      let last = 0;
      for await (const metrics of run.steps()) {
        if (metrics.step <= last) continue;
        last = metrics.step;
        yield metrics;
      }
    },
    checkpoints: async () =>
      (await orNothing(async () => {
        const best = await run.bestCheckpoint();
        return [...(await run.checkpoints()), ...(best ? [best] : [])].map(({ name }) => name);
      })) ?? [],
    sampledSteps: async () =>
      (await orNothing(async () => {
        await folder.checkOwn(SAMPLES, 'folder');
        return run.sampledSteps();
      })) ?? [],
    sample: (step) =>
      orNothing(async () => {
        await folder.folder(SAMPLES).checkOwn(sampleName(step), 'file');
        return { step, text: await run.readSample(step) };
      }),
  };
}
