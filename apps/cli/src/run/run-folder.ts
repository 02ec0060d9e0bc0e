import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, type StepMetrics } from '@attune/core';
import { checkpointPath } from '@attune/formats/node';
import { formatConfig } from '../config/config-file.js';
import { HEADING, makeWay } from './earlier-run.js';

/** The folder a training run writes to. */
export class RunFolder {
  private metrics?: FileHandle;

  private constructor(readonly path: string) {}

  /**
   * Takes a folder for a new run. Other files in it are left alone.
   *
   * @param overwrite whether an earlier run may be removed.
   * @param preparesData whether the run puts token files into its `data` folder.
   * @throws AttuneError INVALID_CONFIG if the folder is taken; FILE_WRITE.
   */
  static async create(path: string, { overwrite = false, preparesData = false } = {}): Promise<RunFolder> {
    await makeWay(path, { overwrite, preparesData });
    try {
      await mkdir(path, { recursive: true });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AttuneError('FILE_WRITE', `The run folder ${path} cannot be made: ${reason}`, { cause });
    }
    return new RunFolder(path);
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

  async writeConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    await writeFile(join(this.path, 'config.yaml'), formatConfig(config, HEADING));
  }

  /** Appends a line to `metrics.jsonl`. */
  async writeMetrics(metrics: StepMetrics): Promise<void> {
    this.metrics ??= await open(join(this.path, 'metrics.jsonl'), 'a');
    await this.metrics.appendFile(`${JSON.stringify(metrics)}\n`);
  }

  async writeSample(step: number, text: string): Promise<void> {
    await mkdir(join(this.path, 'samples'), { recursive: true });
    await writeFile(join(this.path, 'samples', `step-${step}.txt`), `${text}\n`);
  }

  async close(): Promise<void> {
    await this.metrics?.close();
    this.metrics = undefined;
  }
}
