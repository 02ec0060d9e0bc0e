import type { StepMetrics } from '@attune/core';
import type { FileContent, Folder, WritableFolder } from '@attune/files';
import type { CheckpointContents, CheckpointFolder, StoredCheckpoint } from '@attune/formats';
import type { RootModule } from '@attune/nn';
import type { Fields, ValuesOf } from '../settings/field.js';
import type { TrainingCommand } from '../settings/resuming.js';
import type { RunRecord } from './run-record.js';

export type { CheckpointContents, CheckpointFolder, StoredCheckpoint };

/** A checkpoint of a run, as it is found in its folder. */
export interface NamedCheckpoint {
  /** `step-100`, or `best`. */
  readonly name: string;
  /** Its folder, for messages and commands. */
  readonly path: string;
  readonly folder: Folder;
}

/** The checkpoint of a step. */
export interface CheckpointEntry extends NamedCheckpoint {
  readonly step: number;
}

/** Reads the checkpoints of a run. */
export interface CheckpointReader {
  /** Reads that of a whole model. @throws AttuneError FILE_NOT_FOUND, CHECKPOINT_MISMATCH, FILE_CORRUPT. */
  readCheckpoint(name: string): Promise<CheckpointFolder>;
  /** Reads that of a model's adapters. @throws AttuneError as {@link CheckpointReader.readCheckpoint}. */
  readAdapterCheckpoint(name: string, model: RootModule): Promise<StoredCheckpoint>;
}

/** The record of a run, for reading. Nothing is changed, and others may write to it meanwhile. */
export interface RunReader extends CheckpointReader {
  /** The folder, for messages and commands. */
  readonly path: string;
  /** Token files that the run made for itself. */
  readonly ownData: Folder;
  /** Files of the run, for messages. */
  readonly configPath: string;
  readonly recordPath: string;
  readonly logPath: string;
  /**
   * Tells which command began the run.
   *
   * @param unknown for a configuration that cannot be read: reading it tells what is wrong.
   * @throws AttuneError FILE_NOT_FOUND if there is no run.
   */
  command(unknown: TrainingCommand): Promise<TrainingCommand>;
  /** Its settings. @throws AttuneError FILE_CORRUPT, UNKNOWN_KEY, INVALID_CONFIG. */
  readConfig<F extends Fields>(fields: F): Promise<Partial<ValuesOf<F>>>;
  /** Its record; `undefined` if there is none. @throws AttuneError FILE_CORRUPT, FILE_READ. */
  readRecord(): Promise<RunRecord | undefined>;
  /** The steps of its log, in order, up to the first that is not whole. */
  steps(): AsyncIterable<StepMetrics>;
  /** The steps that there is a sample of, in order. */
  sampledSteps(): Promise<readonly number[]>;
  /** The sample of a step. @throws AttuneError FILE_NOT_FOUND, FILE_READ; FILE_CORRUPT for one that is too long. */
  readSample(step: number): Promise<string>;
  /** Its checkpoints, from the last to the first. */
  checkpoints(): Promise<readonly CheckpointEntry[]>;
  /** The checkpoint with the lowest validation loss, if there is one. */
  bestCheckpoint(): Promise<NamedCheckpoint | undefined>;
}

/** The folder that a run writes to. While it is open, no other process writes to it. */
export interface RunStore extends RunReader {
  /** False on ranks other than 0 of a distributed run: what they write is dropped. */
  readonly writes: boolean;
  readonly finalPath: string;
  readonly ownData: WritableFolder;
  /** The folder of a checkpoint, for messages and commands. */
  checkpointPath(name: string): string;
  /** @throws AttuneError FILE_WRITE if the folder, or something in it, was removed or replaced meanwhile. */
  check(): Promise<void>;
  writeConfig(config: object): Promise<void>;
  writeRecord(record: RunRecord): Promise<void>;
  /** @throws AttuneError FILE_WRITE if what is in place of the run's own token files is not the run's. */
  checkOwnData(): Promise<void>;
  /** Adds a step to the log. */
  log(metrics: StepMetrics): Promise<void>;
  /** Waits until the log is stored. */
  syncLog(): Promise<void>;
  /**
   * Shortens the log to the steps up to `step`: what a run wrote after its last checkpoint is written again.
   *
   * @returns the last step of those from the first without a gap.
   */
  truncateLog(step: number): Promise<number>;
  writeSample(step: number, text: string): Promise<void>;
  /** Removes the samples of later steps: they are written again. */
  removeSamplesAfter(step: number): Promise<void>;
  /** Writes a checkpoint whole or not at all. */
  writeCheckpoint(name: string, contents: CheckpointContents): Promise<void>;
  removeCheckpoint(step: number): Promise<void>;
  /** Takes a damaged checkpoint out of the way, for whoever wants to look into it. @returns where it is now. */
  setAside(name: string): Promise<string>;
  /** Writes the files of the finished model. */
  writeFinal(files: Iterable<readonly [name: string, content: FileContent]>): Promise<void>;
  /** Gives the folder back. */
  close(): Promise<void>;
}
