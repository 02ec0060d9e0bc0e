import { AttuneError } from '@attune/core';
import { openTokenFolder, prepareText, writeTokenFolder, type TokenFolder } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import { isMissing, type WritableFolder } from '@attune/files';
import { directoryFolder, writeFileAtomically, type DirectoryHandle } from '@attune/files/web';
import {
  readLatestCheckpoint,
  removeCheckpoint,
  wholeCheckpoints,
  writeCheckpoint,
  type CheckpointContents,
  type CheckpointFolder,
} from '@attune/formats';
import type { Evaluation, SavedRun } from '../protocol.js';
import type { Settings } from '../settings.js';
import type { ImportedRun } from './import-run.js';
import { parseLog, type LogLine } from './run-log.js';

/** Names in the directory of the run. */
const RUN = 'attune-run';
const RUN_JSON = 'playground.json';
const METRICS = 'metrics.jsonl';
const DATA = 'data';

/** The most characters of a sample that are shown: it may be another's, and as long as they like. */
const MAX_SHOWN = 100_000;

/** How many checkpoints stay. */
const KEPT = 2;

/** The description of a run, beside its checkpoints. */
interface RunDescription {
  readonly settings: Settings;
  readonly textName?: string;
}

/** The one run of this site, in the browser's private file system. */
export class RunStore {
  readonly folder: WritableFolder;

  private constructor(
    readonly directory: DirectoryHandle,
    readonly description: RunDescription,
  ) {
    this.folder = directoryFolder(directory);
  }

  /** The run that is there; `undefined` if there is none. */
  static async find(): Promise<RunStore | undefined> {
    try {
      const directory = await (await root()).getDirectoryHandle(RUN);
      const description = JSON.parse(await readText(directory, RUN_JSON)) as RunDescription;
      return new RunStore(directory, description);
    } catch (error) {
      // Without its description, a run was never begun.
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Begins a run in place of the one that is there. */
  static async create(settings: Settings, text?: File): Promise<RunStore> {
    await RunStore.discard();
    const directory = await (await root()).getDirectoryHandle(RUN, { create: true });
    const prepared = await prepareText(await textOf(text), { tokenizer: 'char', valFraction: 0.1 });
    await writeTokenFolder(directoryFolder(directory).folder(DATA), prepared);
    const description = { settings, ...(text && { textName: text.name }) };
    await writeFileAtomically(directory, RUN_JSON, JSON.stringify(description));
    return new RunStore(directory, description);
  }

  /** Puts a run that was read from an archive in place of the one that is there. What cannot be read then is removed. */
  static async import(run: ImportedRun, name: string): Promise<SavedRun> {
    await RunStore.discard();
    try {
      const saved = await (await RunStore.write(run, name)).describe();
      if (saved) return saved;
      throw new AttuneError('FILE_CORRUPT', `The checkpoint of ${name} cannot be read.`);
    } catch (error) {
      // Else it would be found when the page is loaded again.
      await RunStore.discard().catch(() => undefined);
      throw error;
    }
  }

  private static async write(
    { settings, step, checkpoint, data, metrics }: ImportedRun,
    name: string,
  ): Promise<RunStore> {
    const directory = await (await root()).getDirectoryHandle(RUN, { create: true });
    const folder = async (path: readonly string[]) => {
      let inner = directory;
      for (const part of path) inner = await inner.getDirectoryHandle(part, { create: true });
      return inner;
    };
    const tokens = await folder([DATA]);
    for (const [file, bytes] of data) await writeFileAtomically(tokens, file, bytes);
    await writeFileAtomically(directory, METRICS, metrics);
    const target = await folder(['checkpoints', `step-${step}`]);
    for (const [file, bytes] of checkpoint) await writeFileAtomically(target, file, bytes);
    const description = { settings, textName: name };
    // Without it, there is no run: the last file.
    await writeFileAtomically(directory, RUN_JSON, JSON.stringify(description));
    return new RunStore(directory, description);
  }

  static async discard(): Promise<void> {
    await (await root()).removeEntry(RUN, { recursive: true }).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  async openData(): Promise<TokenFolder> {
    return openTokenFolder(this.folder.folder(DATA));
  }

  /** The newest checkpoint that is whole, if there is one. */
  latestCheckpoint(onDamaged?: (error: unknown) => void): Promise<CheckpointFolder | undefined> {
    return readLatestCheckpoint(this.folder, (_, error) => onDamaged?.(error));
  }

  /** Writes a checkpoint and the log of the steps up to it, and removes the oldest. */
  async save(contents: CheckpointContents, log: readonly LogLine[]): Promise<void> {
    // A checkpoint is not there before the log of its steps is.
    await writeFileAtomically(
      this.directory,
      METRICS,
      log.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    await writeCheckpoint(this.folder, contents);
    for (const { name } of (await wholeCheckpoints(this.folder)).slice(KEPT)) {
      await removeCheckpoint(this.folder, name);
    }
  }

  /** The log of the steps up to `step`. */
  async log(step: number): Promise<LogLine[]> {
    const text = await readText(this.directory, METRICS).catch(() => '');
    return parseLog(text, step);
  }

  /** The summary of a run that can be resumed. */
  async describe(): Promise<SavedRun | undefined> {
    const latest = await this.latestCheckpoint();
    if (!latest) return undefined;
    const { step } = latest.checkpoint;
    const log = await this.log(step);
    const evaluations = log.flatMap(({ step, valLoss }): Evaluation[] =>
      valLoss === undefined ? [] : [{ step, valLoss }],
    );
    const { sample } = latest.run;
    const shown = typeof sample === 'string' ? sample.slice(0, MAX_SHOWN) : '';
    return { ...this.description, step, metrics: log, evaluations, sample: shown };
  }
}

async function root(): Promise<DirectoryHandle> {
  return navigator.storage.getDirectory();
}

async function readText(directory: DirectoryHandle, name: string): Promise<string> {
  const file = await (await directory.getFileHandle(name)).getFile();
  return new TextDecoder().decode(await file.arrayBuffer());
}

async function textOf(file: File | undefined): Promise<string> {
  return file ? (await file.text()).replaceAll('\r\n', '\n') : storyCorpus();
}
