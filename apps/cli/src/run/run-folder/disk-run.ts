import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAttuneError } from '@attune/core';
import { isUnfinishedTokenFolder } from '@attune/data/node';
import { adapterNames, ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS } from '@attune/formats';
import {
  bestCheckpointPath,
  listCheckpoints,
  readCheckpoint,
  readModelCheckpoint,
  readSafetensors,
  removeCheckpoint,
  writeCheckpoint,
  writeFileAtomically,
} from '@attune/formats/node';
import {
  CONFIG_YAML,
  METRICS_JSONL,
  parseRecord,
  RUN_JSON,
  type CheckpointReader,
  type RunReader,
  type RunRecord,
  type RunStore,
} from '@attune/runs';
import { readConfigFile } from '../../config/config-file.js';
import { exists, readText, writing } from '../files.js';
import { prepareEmbeddedCorpus } from '../pretraining/embedded-corpus.js';
import { readMetrics, truncateMetrics } from './metrics-log.js';
import { checkOwnEntry } from './own-entries.js';
import { readRunCommand } from './run-config.js';
import type { RunFolder } from './run-folder.js';

/** A session takes half a kilobyte. */
const MAX_RECORD_BYTES = 2 ** 26;

/** Reads a run's record; `undefined` if there is none. @throws AttuneError FILE_CORRUPT; FILE_READ. */
export async function readRecord(run: string): Promise<RunRecord | undefined> {
  const path = join(run, RUN_JSON);
  try {
    return parseRecord(await readText(path, undefined, MAX_RECORD_BYTES), path);
  } catch (error) {
    if (isAttuneError(error, 'FILE_NOT_FOUND')) return undefined;
    throw error;
  }
}

const readAdapterCheckpoint: CheckpointReader['readAdapterCheckpoint'] = (path, model) =>
  readModelCheckpoint(path, [ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS], async () => {
    const tensors = await readSafetensors(join(path, ADAPTER_SAFETENSORS));
    const named = [...adapterNames(model)].flatMap(([own, peft]) => {
      const tensor = tensors[peft];
      return tensor ? [[own, tensor] as const] : [];
    });
    // What is missing is named when the trainer takes them.
    return Object.fromEntries(named);
  });

/** A run on disk. */
export function diskRun(path: string): RunReader {
  const [configPath, recordPath, logPath] = [CONFIG_YAML, RUN_JSON, METRICS_JSONL].map((name) =>
    join(path, name),
  ) as [string, string, string];
  return {
    path,
    dataPath: join(path, 'data'),
    ...{ configPath, recordPath, logPath },
    command: (unknown) => readRunCommand(path, unknown),
    readConfig: (fields) => readConfigFile(fields, configPath),
    readRecord: () => readRecord(path),
    steps: () => readMetrics(logPath),
    checkpoints: () => listCheckpoints(path),
    async bestCheckpoint() {
      const best = bestCheckpointPath(path);
      return (await exists(best)) ? best : undefined;
    },
    readCheckpoint: (from) => readCheckpoint(from),
    readAdapterCheckpoint,
  };
}

/** True if token files are there, and were written to their end. */
async function isWhole(data: string): Promise<boolean> {
  return (await exists(join(data, 'meta.json'))) && !(await isUnfinishedTokenFolder(data));
}

/** The folder of a run on disk, taken to be written to. */
export function diskRunStore(folder: RunFolder): RunStore {
  const { path, metrics, data, final } = folder;
  const reader = diskRun(path);
  return {
    ...reader,
    finalPath: final,
    bestPath: folder.best,
    checkpointPath: (step) => folder.checkpoint(step),
    check: () => folder.check(),
    writeConfig: (config) => folder.writeConfig(config),
    writeRecord: (record) =>
      writeFileAtomically(reader.recordPath, `${JSON.stringify(record, null, 2)}\n`).then(() => undefined),
    async prepareData(anew) {
      await checkOwnEntry(data, 'folder');
      if (anew || !(await isWhole(data))) await prepareEmbeddedCorpus(data);
    },
    log: (step) => metrics.write(step),
    syncLog: () => metrics.sync(),
    truncateLog: (step) => truncateMetrics(reader.logPath, step),
    writeSample: (step, text) => folder.writeSample(step, text),
    removeSamplesAfter: (step) => folder.removeSamplesAfter(step),
    writeCheckpoint: (to, contents) => writeCheckpoint(to, contents),
    removeCheckpoint: (step) => removeCheckpoint(path, step),
    async setAside(damaged) {
      const aside = `${damaged}.damaged`;
      await writing(aside, async () => {
        await rm(aside, { recursive: true, force: true });
        await rename(damaged, aside);
      });
      return aside;
    },
    async writeFinal(files) {
      await writing(final, () => mkdir(final, { recursive: true }));
      for (const [name, content] of files) await writeFileAtomically(join(final, name), content);
    },
    close: () => folder.close(),
  };
}
