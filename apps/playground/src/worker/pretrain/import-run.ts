import { AttuneError, listFaults } from '@attune/core';
import { META_JSON, openTokenFolder, TRAIN_BIN, VAL_BIN } from '@attune/data';
import { memoryFolder, readZipArchive, type WritableFolder } from '@attune/files';
import {
  checkpointName,
  CHECKPOINTS,
  isClassifierConfig,
  TOKENIZER_FILES,
  type CheckpointFolder,
} from '@attune/formats';
import {
  CONFIG_YAML,
  HEADING,
  METRICS_JSONL,
  newestSample,
  OWN_DATA,
  plainFormat,
  pretrain,
  readRun,
  RUN_JSON,
  SAMPLES,
  type TrainingConfig,
} from '@attune/runs';
import type { SavedRun } from '../../protocol.js';
import { checkedConfig } from '../../settings/pretrain-settings.js';
import { checkResumable } from '../host/check-resumable.js';
import { writeInto } from '../host/write-into.js';
import { browserHost } from './browser-host.js';
import { clearRunFolder, discardRun, StoredRun } from './stored-run.js';

type Files = ReadonlyMap<string, Uint8Array>;

const CHECKPOINT = /^(.*?)checkpoints\/step-(\d+)\/trainer_state\.json$/;
const DATA_FILES = [META_JSON, TRAIN_BIN, VAL_BIN];
const isDataFile = (name: string) => [...DATA_FILES, ...TOKENIZER_FILES].includes(name);

/** More than a page can train. Archives may come from anywhere, and are read into memory. */
const MAX_BYTES = 2 ** 30;

function cannotGoOn(faults: readonly string[]): AttuneError {
  return new AttuneError('CHECKPOINT_MISMATCH', `The playground cannot resume it: ${listFaults(faults)}.`, {
    fix: 'Go on with it on the command line: attune pretrain --resume.',
  });
}

/** The files of a folder that an archive has, by name. */
function within(files: Files, folder: string): Map<string, Uint8Array> {
  const inside = [...files].filter(
    ([path]) => path.startsWith(folder) && !path.slice(folder.length).includes('/'),
  );
  return new Map(inside.map(([path, bytes]) => [path.slice(folder.length), bytes]));
}

/** The newest checkpoint of an archive: the path of its run, and its step. @throws AttuneError FILE_NOT_FOUND. */
function newestOf(files: Files, archive: string): { readonly root: string; readonly step: number } {
  const [newest] = [...files.keys()]
    .flatMap((path) => {
      const [, root, step] = CHECKPOINT.exec(path) ?? [];
      return root === undefined ? [] : [{ root, step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
  if (newest) return newest;
  throw new AttuneError('FILE_NOT_FOUND', `${archive} has no checkpoint in it: checkpoints/step-N/.`, {
    fix: 'Choose what this page gave as a download, or a zip of a run folder of the command line.',
  });
}

/** The files of a run that the page goes on with, by their paths in its folder. @throws AttuneError FILE_NOT_FOUND. */
function filesOfRun(files: Files, archive: string) {
  const { root, step } = newestOf(files, archive);
  const data = within(files, `${root}${OWN_DATA}/`);
  const missing = DATA_FILES.filter((name) => !data.has(name));
  if (missing.length > 0) {
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `${archive} lacks its data: ${root}${OWN_DATA}/${missing.join(', ')}.`,
      {
        fix: 'Put the folder of its token files into it, as data.',
      },
    );
  }
  const name = checkpointName(step);
  const checkpoint = within(files, `${root}${CHECKPOINTS}/${name}/`);
  const samples = within(files, `${root}${SAMPLES}/`);
  const sample = newestSample(samples.keys(), step);
  const taken: (readonly [path: string, bytes: Uint8Array | undefined])[] = [
    ...[...data]
      .filter(([file]) => isDataFile(file))
      .map(([file, bytes]) => [`${OWN_DATA}/${file}`, bytes] as const),
    ...[...checkpoint].map(([file, bytes]) => [`${CHECKPOINTS}/${name}/${file}`, bytes] as const),
    ...[METRICS_JSONL, RUN_JSON].map((file) => [file, files.get(root + file)] as const),
    ...(sample === undefined ? [] : [[`${SAMPLES}/${sample}`, samples.get(sample)] as const]),
  ];
  const present = taken.flatMap(([path, bytes]) => (bytes ? [[path, bytes] as const] : []));
  return { run: new Map(present), name, step };
}

/** The settings of a run, which have to be those of its model. */
function readConfig({ run, config: model }: CheckpointFolder, archive: string): TrainingConfig {
  if (isClassifierConfig(model)) throw cannotGoOn(['its model is a classifier, which predicts no tokens']);
  // The page has data of its own place, and the backend that is chosen in it.
  const { data: _, ...config } = checkedConfig(run['config'], archive);
  const sizes = ['nLayer', 'nHead', 'nEmbd', 'blockSize'] as const;
  const faults = sizes.flatMap((key) =>
    config[key] === model[key] ? [] : [`${key} is ${config[key]}, but ${model[key]} in its model`],
  );
  if (faults.length > 0) throw cannotGoOn(faults);
  return { ...config, backend: 'auto' } as TrainingConfig;
}

/** Refuses data that the page cannot show or train on. */
async function checkData(run: WritableFolder, vocabSize: number): Promise<void> {
  const data = await openTokenFolder(run.folder(OWN_DATA));
  await data.close();
  const faults = [
    ...(data.meta.vocabSize === vocabSize ? [] : ['its data has another vocabulary than its model']),
    ...(data.tokenizer ? [] : ['its data has no tokenizer']),
    ...(data.val ? [] : ['it has no validation data']),
  ];
  if (faults.length > 0) throw cannotGoOn(faults);
}

/**
 * Reads a zip of a run folder into memory: with its newest checkpoint, which has to be whole, and its data. All that going
 * on with it would refuse is refused.
 *
 * @throws AttuneError FILE_CORRUPT, FILE_NOT_FOUND, CHECKPOINT_MISMATCH, INVALID_CONFIG.
 */
async function readRunArchive(archive: File): Promise<Map<string, Uint8Array>> {
  const all = await readZipArchive(archive, archive.name, { maxBytes: MAX_BYTES });
  const { run: files, name, step } = filesOfRun(all, archive.name);
  const run = memoryFolder(files, archive.name);
  const stored = await readRun(run).readCheckpoint(name);
  const config = readConfig(stored, archive.name);
  if (stored.checkpoint.step !== step) {
    throw cannotGoOn([`its step is ${stored.checkpoint.step}, but ${step} by its name`]);
  }
  await checkData(run, (stored.config as { readonly vocabSize: number }).vocabSize);
  const host = browserHost({ run, backend: 'wasm' });
  await checkResumable(pretrain, { run, checkpoint: name, config, host, stored });
  return files.set(CONFIG_YAML, new TextEncoder().encode(plainFormat.write(config, HEADING)));
}

/**
 * Puts the run of an archive in place of the one that is there, if it can be gone on with. What cannot be read then is
 * removed.
 *
 * @throws AttuneError as {@link readRunArchive}; FILE_WRITE.
 */
export async function importRun(archive: File): Promise<SavedRun> {
  const files = await readRunArchive(archive);
  try {
    const folder = await clearRunFolder(archive.name);
    await writeInto(folder, files);
    const saved = await (await StoredRun.get()).describe();
    if (saved) return saved;
    throw new AttuneError('FILE_CORRUPT', `The checkpoint of ${archive.name} cannot be read.`);
  } catch (error) {
    // Else it would be found when the page is loaded again.
    await discardRun().catch(() => undefined);
    throw error;
  }
}
