import { AttuneError, listFaults } from '@attune/core';
import { openTokenFolder } from '@attune/data';
import { memoryFolder, readZipArchive } from '@attune/files';
import { isClassifierConfig, readCheckpoint, TOKENIZER_FILES } from '@attune/formats';
import { runConfig, settingFaults, settingFields, type Settings } from '../settings.js';

/** A run that was downloaded, or that the command line made, in memory. */
export interface ImportedRun {
  readonly settings: Settings;
  readonly step: number;
  /** Files of the newest checkpoint, by name. */
  readonly checkpoint: ReadonlyMap<string, Uint8Array>;
  /** `meta.json`, `train.bin`, `val.bin`, and the files of a tokenizer that is not described by the first. */
  readonly data: ReadonlyMap<string, Uint8Array>;
  /** Lines of JSON. */
  readonly metrics: Uint8Array;
}

const CHECKPOINT = /^(.*?)checkpoints\/step-(\d+)\/trainer_state\.json$/;
const DATA_FILES = ['meta.json', 'train.bin', 'val.bin'];
const isDataFile = (name: string) => [...DATA_FILES, ...TOKENIZER_FILES].includes(name);

/** Settings that may differ without changing losses. */
const FREE: ReadonlySet<string> = new Set(['evalIters', 'keepCheckpoints', 'logInterval', 'backend', 'data']);

/** The settings of a configuration. @throws AttuneError CHECKPOINT_MISMATCH that lists what the page does not do. */
function settingsOf(config: Readonly<Record<string, unknown>>): Settings {
  const entries = settingFields.map(({ key }) => [key, config[key]] as const);
  const faults = settingFaults(config);
  const settings = Object.fromEntries(entries) as unknown as Settings;
  const own: Readonly<Record<string, unknown>> = runConfig(settings);
  for (const [key, value] of Object.entries(config)) {
    // What is off is as if it were not there.
    if (FREE.has(key) || value === own[key] || (!(key in own) && (value === false || value === null)))
      continue;
    faults.push(
      `${key} is ${JSON.stringify(value)}${key in own ? `, here ${JSON.stringify(own[key])}` : ''}`,
    );
  }
  if (faults.length === 0) return settings;
  throw cannotGoOn(faults);
}

/** More than a page can train. Archives may come from anywhere, and are read into memory. */
const MAX_BYTES = 2 ** 30;

/** Refuses data that the page cannot go on with, before it is put in the place of anything. */
async function checkData(data: ReadonlyMap<string, Uint8Array>, vocabSize: number): Promise<void> {
  const folder = await openTokenFolder(memoryFolder(data, 'data'));
  try {
    const faults = [
      ...(folder.meta.vocabSize === vocabSize ? [] : ['its data has another vocabulary than its model']),
      ...(folder.tokenizer ? [] : ['its data has no tokenizer']),
      ...(folder.val ? [] : ['it has no validation data']),
    ];
    if (faults.length > 0) throw cannotGoOn(faults);
  } finally {
    await folder.close();
  }
}

function cannotGoOn(faults: readonly string[]): AttuneError {
  return new AttuneError('CHECKPOINT_MISMATCH', `The playground cannot resume it: ${listFaults(faults)}.`, {
    fix: 'Go on with it on the command line: attune pretrain --resume.',
  });
}

/** The files of a folder that an archive has, by name. */
function within(files: ReadonlyMap<string, Uint8Array>, folder: string): Map<string, Uint8Array> {
  const inside = [...files].filter(
    ([path]) => path.startsWith(folder) && !path.slice(folder.length).includes('/'),
  );
  return new Map(inside.map(([path, bytes]) => [path.slice(folder.length), bytes]));
}

/**
 * Reads a zip of a run folder: with its newest checkpoint, which has to be whole, and its data.
 *
 * @throws AttuneError FILE_CORRUPT, FILE_NOT_FOUND, CHECKPOINT_MISMATCH.
 */
export async function readRunArchive(archive: File): Promise<ImportedRun> {
  const files = await readZipArchive(archive, archive.name, { maxBytes: MAX_BYTES });
  const [latest] = [...files.keys()]
    .flatMap((path) => {
      const [, root, step] = CHECKPOINT.exec(path) ?? [];
      return root === undefined ? [] : [{ root, step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
  if (!latest) {
    throw new AttuneError('FILE_NOT_FOUND', `${archive.name} has no checkpoint in it: checkpoints/step-N/.`, {
      fix: 'Choose what this page gave as a download, or a zip of a run folder of the command line.',
    });
  }
  const { root, step } = latest;
  const data = within(files, `${root}data/`);
  const missing = DATA_FILES.filter((name) => !data.has(name));
  if (missing.length > 0) {
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `${archive.name} lacks its data: ${root}data/${missing.join(', ')}.`,
      {
        fix: 'Put the folder of its token files into it, as data.',
      },
    );
  }
  const checkpoint = within(files, `${root}checkpoints/step-${step}/`);
  const { run, config, checkpoint: stored } = await readCheckpoint(memoryFolder(checkpoint, `step-${step}`));
  if (isClassifierConfig(config) || config.family !== 'gpt2') {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      'The playground trains GPT-2 only, and this is another model.',
      {
        fix: 'Go on with it on the command line: attune pretrain --resume.',
      },
    );
  }
  const settings = settingsOf(isObject(run['config']) ? run['config'] : {});
  const sizes = ['nLayer', 'nHead', 'nEmbd', 'blockSize'] as const;
  const faults = sizes.flatMap((key) =>
    config[key] === settings[key] ? [] : [`${key} is ${settings[key]}, but ${config[key]} in its model`],
  );
  if (stored.step !== step) faults.push(`its step is ${stored.step}, but ${step} by its name`);
  if (faults.length > 0) throw cannotGoOn(faults);
  const usable = new Map([...data].filter(([name]) => isDataFile(name)));
  await checkData(usable, config.vocabSize);
  return {
    settings,
    step,
    checkpoint,
    data: usable,
    metrics: files.get(`${root}metrics.jsonl`) ?? new Uint8Array(),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
