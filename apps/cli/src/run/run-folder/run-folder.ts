import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { makeFolder } from '@attune/data/node';
import {
  bestCheckpointPath,
  checkpointPath,
  recoverCheckpoints,
  recoverWrites,
  writeFileAtomically,
} from '@attune/formats/node';
import { CONFIG_YAML, METRICS_JSONL, RUN_JSON } from '@attune/runs';
import { formatConfig } from '../../config/config-file.js';
import { HEADING, makeWay, MODEL_FILES } from './earlier-run.js';
import { exists, writing } from '../files.js';
import { MetricsLog } from './metrics-log.js';
import { checkOwnEntries, checkOwnEntry } from './own-entries.js';
import { RunLock } from './run-lock.js';
import { SameFolder } from './same-folder.js';

/** @throws AttuneError FILE_NOT_FOUND if there is no run in a folder. */
export async function requireRun(path: string): Promise<void> {
  if (await exists(join(path, CONFIG_YAML))) return;
  throw new AttuneError('FILE_NOT_FOUND', `There is no run in ${path}: it has no ${CONFIG_YAML}.`, {
    fix: 'Name the folder that was given to --out.',
  });
}

/** The folder a training run writes to. While it is open, no other process writes to it. */
export class RunFolder {
  readonly metrics: MetricsLog;

  private constructor(
    readonly path: string,
    private readonly lock: RunLock,
    private readonly same: SameFolder,
  ) {
    this.metrics = new MetricsLog(join(path, METRICS_JSONL), () => this.check());
  }

  /**
   * Takes a folder for a new run. Other files in it are left alone.
   *
   * @param overwrite whether an earlier run may be removed.
   * @param preparesData whether the run puts token files into its `data` folder.
   * @throws AttuneError INVALID_CONFIG if the folder is taken; RUN_LOCKED; FILE_WRITE, also if something in it is a link.
   */
  static async create(path: string, { overwrite = false, preparesData = false } = {}): Promise<RunFolder> {
    await writing(path, () => makeFolder(path));
    return RunFolder.take(path, async () => {
      await checkOwnEntries(path);
      if (preparesData) await checkOwnEntry(join(path, 'data'), 'folder');
      await makeWay(path, { overwrite, preparesData });
    });
  }

  /**
   * Takes the folder of a run to go on with it, and finishes what a process that was killed left half done.
   *
   * @throws AttuneError FILE_NOT_FOUND if there is no run; RUN_LOCKED; FILE_WRITE, also if something in it is a link.
   */
  static async reopen(path: string): Promise<RunFolder> {
    await requireRun(path);
    return RunFolder.take(path, async () => {
      await checkOwnEntries(path);
      await recoverCheckpoints(path);
      await recoverWrites(path, (name) => name === CONFIG_YAML || name === RUN_JSON);
      await recoverWrites(join(path, 'final'), (name) => MODEL_FILES.test(name));
    });
  }

  /** Takes the lock of a folder, and makes it ready. */
  private static async take(path: string, makeReady: () => Promise<void>): Promise<RunFolder> {
    const lock = await RunLock.take(path);
    let same: SameFolder | undefined;
    try {
      same = await writing(path, () => SameFolder.open(path));
      await makeReady();
      return new RunFolder(path, lock, same);
    } catch (error) {
      await lock.release();
      await same?.close();
      throw error;
    }
  }

  /** Where the embedded corpus is prepared. */
  get data(): string {
    return join(this.path, 'data');
  }

  get final(): string {
    return join(this.path, 'final');
  }

  checkpoint(step: number): string {
    return checkpointPath(this.path, step);
  }

  get best(): string {
    return bestCheckpointPath(this.path);
  }

  /** @throws AttuneError FILE_WRITE if the folder, or something in it, was removed or replaced meanwhile. */
  async check(): Promise<void> {
    await this.same.check();
    await this.lock.check();
    await checkOwnEntries(this.path);
  }

  async writeConfig(config: object): Promise<void> {
    await writeFileAtomically(join(this.path, CONFIG_YAML), formatConfig(config, HEADING));
  }

  async writeSample(step: number, text: string): Promise<void> {
    const folder = join(this.path, 'samples');
    await this.check();
    await writing(folder, () => mkdir(folder, { recursive: true }));
    await writeFileAtomically(join(folder, `step-${step}.txt`), `${text}\n`);
  }

  /** Removes what was written after a step: it is written again. */
  async removeSamplesAfter(step: number): Promise<void> {
    const folder = join(this.path, 'samples');
    const isSample = (name: string) => /^step-\d+\.txt$/.test(name);
    await recoverWrites(folder, isSample);
    for (const name of await readdir(folder).catch((): string[] => [])) {
      if (isSample(name) && Number(/\d+/.exec(name)![0]) > step)
        await rm(join(folder, name), { force: true });
    }
  }

  async close(): Promise<void> {
    await this.metrics.close();
    // What took the place of the folder has no lock of ours.
    if (await this.same.isSame()) await this.lock.release();
    await this.same.close();
  }
}
