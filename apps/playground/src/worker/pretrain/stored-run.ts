import { AttuneError } from '@attune/core';
import { openTokenFolder, type Tokenizer } from '@attune/data';
import { readJsonObject, withFile, type WritableFolder } from '@attune/files';
import { directoryFolder, type BlobLike } from '@attune/files/web';
import type { CheckpointFolder } from '@attune/formats';
import {
  CONFIG_YAML,
  findCheckpoint,
  HEADING,
  newestSample,
  OWN_DATA,
  plainFormat,
  pretrain,
  readRun,
  SAMPLES,
  stepOfSample,
  type FoundCheckpoint,
  type RunReader,
} from '@attune/runs';
import type { Evaluation, Sample, SavedRun } from '../../protocol.js';
import { checkedSettings, pageFields, runConfig, settingsOf } from '../../settings/pretrain-settings.js';
import { readLog } from './run-log.js';

/** Name of the folder of the run. */
export const RUN = 'attune-run';

/** The page's own file beside the run's. Earlier pages had the settings in it, and no `config.yaml`. */
const PAGE_JSON = 'playground.json';

/** The most bytes of a sample that are shown: it may be another's, and as long as they like. */
const MAX_SAMPLE_BYTES = 100_000;

/** The most samples that are shown. */
const MAX_SAMPLES = 24;

/** The private file system of this site, by a name for messages. */
async function storage(): Promise<WritableFolder> {
  return directoryFolder(await navigator.storage.getDirectory(), { name: 'browser' });
}

/** Removes the run, if there is one. */
export async function discardRun(): Promise<void> {
  await (await storage()).remove(RUN);
}

/** Makes an empty folder for a run, in place of the one that is there. */
export async function clearRunFolder(textName: string | undefined): Promise<WritableFolder> {
  await discardRun();
  const folder = (await storage()).folder(RUN);
  await folder.make();
  await folder.write(PAGE_JSON, JSON.stringify({ textName }));
  return folder;
}

/** A file of the run, as the browser gives it to the user. */
export async function blobOf(name: string): Promise<BlobLike> {
  const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(RUN);
  return (await directory.getFileHandle(name)).getFile();
}

/** Gives the run of an earlier page the configuration that it was trained with, where runs have it. */
async function upgrade(folder: WritableFolder, settings: unknown): Promise<void> {
  const config = runConfig(checkedSettings(settings, `${folder.name}/${PAGE_JSON}`));
  await folder.write(CONFIG_YAML, plainFormat.write(config, HEADING));
}

/** The one run of this site, in the browser's private file system. */
export class StoredRun {
  private readonly reader: RunReader;

  private constructor(
    readonly folder: WritableFolder,
    private readonly textName: string | undefined,
  ) {
    this.reader = readRun(folder);
  }

  /** The run that is there; `undefined` if there is none. @throws AttuneError FILE_CORRUPT, INVALID_CONFIG. */
  static async find(): Promise<StoredRun | undefined> {
    const folder = (await storage()).folder(RUN);
    const names = (await folder.list()) ?? [];
    if (!names.includes(PAGE_JSON)) return undefined;
    const { settings, textName } = await readJsonObject(folder, PAGE_JSON);
    if (!names.includes(CONFIG_YAML)) {
      // Its folder was made, and no more.
      if (settings === undefined) return undefined;
      await upgrade(folder, settings);
    }
    return new StoredRun(folder, typeof textName === 'string' ? textName : undefined);
  }

  /** The run that was saved. @throws AttuneError FILE_NOT_FOUND if it was removed meanwhile; as {@link StoredRun.find}. */
  static async get(): Promise<StoredRun> {
    const run = await StoredRun.find();
    if (run) return run;
    throw new AttuneError('FILE_NOT_FOUND', 'No run is saved here: pretrain a model first.');
  }

  /** Its newest checkpoint that is whole; `undefined` if it has none yet. @throws AttuneError FILE_CORRUPT, FILE_READ. */
  async newest(): Promise<FoundCheckpoint<CheckpointFolder> | undefined> {
    const { reader } = this;
    return (await findCheckpoint(reader, pretrain.command, (name) => reader.readCheckpoint(name))).found;
  }

  /** The tokenizer of its data. @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT. */
  async tokenizer(): Promise<Tokenizer> {
    const data = await openTokenFolder(this.folder.folder(OWN_DATA));
    await data.close();
    if (data.tokenizer) return data.tokenizer;
    throw new AttuneError('FILE_CORRUPT', `The data of ${this.reader.path} has no tokenizer.`);
  }

  /** The summary of a run that can be resumed. */
  async describe(): Promise<SavedRun | undefined> {
    const found = await this.newest();
    if (!found) return undefined;
    const { step } = found.checkpoint;
    const stored = await this.reader.readConfig(pageFields);
    const metrics = await readLog(this.folder, step);
    const evaluations = metrics.flatMap(({ step, valLoss }): Evaluation[] =>
      valLoss === undefined ? [] : [{ step, valLoss }],
    );
    const samples = await this.samples(step);
    // Earlier pages kept the newest one in their own record.
    const { sample } = found.run;
    if (samples.length === 0 && typeof sample === 'string') {
      samples.push({ step, text: sample.slice(0, MAX_SAMPLE_BYTES) });
    }
    return {
      ...{ step, metrics, evaluations, samples },
      settings: settingsOf(pretrain.config(pretrain.recorded(stored))),
      ...(this.textName !== undefined && { textName: this.textName }),
    };
  }

  /** The name of the newest sample of the steps up to one. */
  async sampleFile(upTo: number): Promise<string | undefined> {
    const names = (await this.folder.folder(SAMPLES).list()) ?? [];
    return newestSample(names, upTo);
  }

  /** The newest samples of the steps up to one, in their order. */
  private async samples(upTo: number): Promise<Sample[]> {
    const folder = this.folder.folder(SAMPLES);
    const samples: Sample[] = [];
    for (let last = upTo; samples.length < MAX_SAMPLES; last = samples[0]!.step - 1) {
      const name = await this.sampleFile(last);
      if (name === undefined) break;
      const step = stepOfSample(name)!;
      const text = await withFile(folder, name, async (file) =>
        new TextDecoder().decode(await file.read(0, Math.min(file.size, MAX_SAMPLE_BYTES))).trim(),
      );
      samples.unshift({ step, text });
    }
    return samples;
  }
}
