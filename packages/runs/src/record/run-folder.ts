import { AttuneError, isAttuneError } from '@attune/core';
import { readText, withFile, type Folder, type FolderLock, type WritableFolder } from '@attune/files';
import {
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  adapterNames,
  BEST_CHECKPOINT,
  checkpointFolder,
  checkpointName,
  CHECKPOINTS,
  listCheckpoints,
  openSafetensors,
  readCheckpoint,
  readModelCheckpoint,
  readTensors,
  recoverCheckpoints,
  removeCheckpoint,
  writeCheckpoint,
} from '@attune/formats';
import type { RootModule } from '@attune/nn';
import type { TrainingCommand } from '../settings/resuming.js';
import type { ConfigFormat } from './config-format.js';
import { makeWay } from './earlier-run.js';
import { MetricsLog, readMetrics, truncateMetrics } from './metrics-log.js';
import {
  CONFIG_YAML,
  FINAL,
  HEADING,
  METRICS_JSONL,
  MODEL_FILES,
  OWN_DATA,
  RUN_JSON,
  SAMPLES,
  TENSORBOARD,
} from './run-files.js';
import { plainFormat } from './plain-format.js';
import { isSample, sampleName, stepOfSample } from './samples.js';
import { parseRecord } from './run-record.js';
import type { RunReader, RunStore } from './run-store.js';

/** The setting that only runs of fine-tuning have. */
const FINETUNING = 'method';

/** A text of a million letters is no sample that anybody looks at. */
const MAX_SAMPLE_BYTES = 2 ** 20;

/** A session takes half a kilobyte. */
const MAX_RECORD_BYTES = 2 ** 26;

/** The path of something in a folder, for messages. */
const pathIn = (folder: Folder, name: string): string => folder.folder(name).name;

/** @throws AttuneError FILE_NOT_FOUND if there is no run in a folder. */
async function requireRun(run: Folder): Promise<void> {
  const entries = await run.list().catch(() => undefined);
  if (entries?.includes(CONFIG_YAML)) return;
  throw new AttuneError('FILE_NOT_FOUND', `There is no run in ${run.name}: it has no ${CONFIG_YAML}.`, {
    fix: 'Name the folder that was given to --out.',
  });
}

/** Reads the adapters of a model from a checkpoint. */
async function readAdapterCheckpoint(folder: Folder, model: RootModule) {
  return readModelCheckpoint(folder, [ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS], () =>
    withFile(folder, ADAPTER_SAFETENSORS, async (source) => {
      const file = await openSafetensors(source);
      const tensors = await readTensors(file, file.entries.keys());
      const named = [...adapterNames(model)].flatMap(([own, peft]) => {
        const tensor = tensors[peft];
        return tensor ? [[own, tensor] as const] : [];
      });
      // What is missing is named when the trainer takes them.
      return Object.fromEntries(named);
    }),
  );
}

/** Looks at a run. Nothing of it is opened or changed. */
export function readRun(run: Folder, format: ConfigFormat = plainFormat): RunReader {
  const [configPath, recordPath, logPath] = [
    pathIn(run, CONFIG_YAML),
    pathIn(run, RUN_JSON),
    pathIn(run, METRICS_JSONL),
  ];
  const readConfigText = (maxBytes: number) =>
    readText(run, CONFIG_YAML, { maxBytes, fix: 'Check the path of the run.' });
  const samples = run.folder(SAMPLES);
  const at = (name: string) => {
    const folder = checkpointFolder(run, name);
    return { name, path: folder.name, folder };
  };
  return {
    path: run.name,
    ...{ configPath, recordPath, logPath },
    ownData: run.folder(OWN_DATA),

    async command(unknown: TrainingCommand) {
      await requireRun(run);
      try {
        const text = await readConfigText(format.maxBytes);
        return Object.hasOwn(format.parse(text, configPath), FINETUNING) ? 'finetune' : 'pretrain';
      } catch {
        return unknown;
      }
    },
    async readConfig(fields) {
      return format.read(fields, await readConfigText(format.maxBytes), configPath);
    },
    async readRecord() {
      try {
        return parseRecord(await readText(run, RUN_JSON, { maxBytes: MAX_RECORD_BYTES }), recordPath);
      } catch (error) {
        if (isAttuneError(error, 'FILE_NOT_FOUND')) return undefined;
        throw error;
      }
    },
    steps: () => readMetrics(run),
    async sampledSteps() {
      const names = (await samples.list().catch(() => undefined)) ?? [];
      const steps = names.map((name) => stepOfSample(name) ?? NaN);
      return steps.filter((step, i) => sampleName(step) === names[i]).sort((a, b) => a - b);
    },
    readSample: (step) => readText(samples, sampleName(step), { maxBytes: MAX_SAMPLE_BYTES }),
    async checkpoints() {
      return (await listCheckpoints(run)).map(({ step, name }) => ({ step, ...at(name) }));
    },
    async bestCheckpoint() {
      const names = (await run.folder(CHECKPOINTS).list()) ?? [];
      return names.includes(BEST_CHECKPOINT) ? at(BEST_CHECKPOINT) : undefined;
    },
    readCheckpoint: (name) => readCheckpoint(checkpointFolder(run, name)),
    readAdapterCheckpoint: (name, model) => readAdapterCheckpoint(checkpointFolder(run, name), model),
  };
}

/**
 * Checks that what is there of a run is the run's own: writing through a link would change, and cleaning up delete, files
 * of somebody else. Folders above the run may be links.
 *
 * @throws AttuneError FILE_WRITE that names the link, or the pipe or folder in place of a file.
 */
async function checkOwnEntries(run: WritableFolder): Promise<void> {
  for (const name of [CONFIG_YAML, RUN_JSON, METRICS_JSONL]) await run.checkOwn(name, 'file');
  for (const name of [CHECKPOINTS, SAMPLES, FINAL, TENSORBOARD]) await run.checkOwn(name, 'folder');
}

function openStore(run: WritableFolder, lock: FolderLock, format: ConfigFormat): RunStore {
  const check = async () => {
    await lock.check();
    await checkOwnEntries(run);
  };
  const log = new MetricsLog(run, check);
  const [samples, final] = [run.folder(SAMPLES), run.folder(FINAL)];
  return {
    ...readRun(run, format),
    writes: true,
    finalPath: final.name,
    ownData: run.folder(OWN_DATA),
    checkOwnData: () => run.checkOwn(OWN_DATA, 'folder'),
    checkpointPath: (name) => checkpointFolder(run, name).name,
    check,

    async writeConfig(config) {
      await run.write(CONFIG_YAML, format.write(config, HEADING));
    },
    async writeRecord(record) {
      await run.write(RUN_JSON, `${JSON.stringify(record, null, 2)}\n`);
    },
    log: (metrics) => log.write(metrics),
    syncLog: () => log.sync(),
    truncateLog: (step) => truncateMetrics(run, step),

    async writeSample(step, text) {
      await check();
      await samples.make();
      await samples.write(sampleName(step), `${text}\n`);
    },
    async removeSamplesAfter(step) {
      await samples.recover(isSample);
      for (const name of (await samples.list().catch(() => undefined)) ?? []) {
        if ((stepOfSample(name) ?? -1) > step) await samples.remove(name);
      }
    },

    writeCheckpoint: (name, contents) => writeCheckpoint(run, contents, name),
    removeCheckpoint: (step) => removeCheckpoint(run, checkpointName(step)),
    async setAside(name) {
      const aside = `${name}.damaged`;
      await run.folder(CHECKPOINTS).rename(name, aside);
      return checkpointFolder(run, aside).name;
    },
    async writeFinal(files) {
      await final.make();
      for (const [name, content] of files) await final.write(name, content);
    },

    async close() {
      await log.close();
      await lock.release();
    },
  };
}

/** Takes the lock of a folder, and makes it ready. */
async function take(
  run: WritableFolder,
  format: ConfigFormat,
  makeReady: () => Promise<void>,
): Promise<RunStore> {
  const lock = await run.lock();
  try {
    await checkOwnEntries(run);
    await makeReady();
    return openStore(run, lock, format);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** How a folder is taken for a new run. */
export interface NewRunOptions {
  /** An earlier run may be removed. */
  readonly overwrite?: boolean;
  /** The run makes token files of its own in it. */
  readonly preparesData?: boolean;
}

/**
 * Takes a folder for a new run. Other files in it are left alone.
 *
 * @throws AttuneError INVALID_CONFIG if the folder is taken; RUN_LOCKED; FILE_WRITE, also if something in it is a link.
 */
export async function createRun(
  run: WritableFolder,
  format: ConfigFormat = plainFormat,
  { overwrite = false, preparesData = false }: NewRunOptions = {},
): Promise<RunStore> {
  await run.make();
  return take(run, format, async () => {
    if (preparesData) await run.checkOwn(OWN_DATA, 'folder');
    await makeWay(run, { overwrite, preparesData }, format);
  });
}

/**
 * Takes the folder of a run to go on with it, and finishes what a process that was killed left half done.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run; RUN_LOCKED; FILE_WRITE, also if something in it is a link.
 */
export async function reopenRun(run: WritableFolder, format: ConfigFormat = plainFormat): Promise<RunStore> {
  await requireRun(run);
  return take(run, format, async () => {
    await recoverCheckpoints(run);
    await run.recover((name) => name === CONFIG_YAML || name === RUN_JSON);
    await run.folder(FINAL).recover((name) => MODEL_FILES.test(name));
  });
}
