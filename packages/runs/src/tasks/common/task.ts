import type { Backend, EvaluationMetrics, TensorSource, TensorSpecs } from '@attune/core';
import type { Folder } from '@attune/files';
import type { Trainer } from '@attune/train';
import type { RunHost } from '../../models/model/host.js';
import type { ModelSaver } from '../../models/folder/model-saver.js';
import type { FoundCheckpoint } from '../../record/find-checkpoint.js';
import type { DataHashes, RunOrigin } from '../../record/run-record.js';
import type { CheckpointReader, StoredCheckpoint } from '../../record/run-store.js';
import type { Sampler } from '../../sampling/sampler.js';
import type { Settings } from '../../settings/field.js';
import type { TrainingCommand } from '../../settings/resuming.js';
import type { RunConfig } from '../../settings/shared-fields.js';
import type { TrainingRow } from '../../text/training-rows.js';

/** Something that a model is trained for: its settings, and how model and data are opened from them. */
export interface Task<
  Config extends RunConfig = RunConfig,
  Asked extends object = Config,
  Stored extends StoredCheckpoint = StoredCheckpoint,
> {
  /** The command that begins and resumes its runs. */
  readonly command: TrainingCommand;
  readonly fields: Settings;
  /** A configuration of what was given, with all defaults. */
  config(given: Partial<Asked>): Asked;
  /** The settings of a run as it recorded them, as they are spelled today. */
  recorded(values: Partial<Asked>): Partial<Asked>;
  /**
   * Opens what does not depend on the checkpoint that a run goes on from. Close it.
   *
   * @param given for a run that begins: what the user asked for, which a model that is there already has to have.
   * @throws AttuneError INVALID_CONFIG where two settings do not go together; those of reading model and data.
   */
  open(config: Asked, host: RunHost, given?: Partial<Asked>): Promise<OpenTask<Config, Stored>>;
}

/** A task of which all is open that no checkpoint changes. */
export interface OpenTask<
  Config extends RunConfig = RunConfig,
  Stored extends StoredCheckpoint = StoredCheckpoint,
> {
  /** The configuration, in which nothing is left open. */
  readonly config: Config;
  /** The run makes token files of its own, in its folder. */
  readonly preparesData: boolean;
  readCheckpoint(run: CheckpointReader, name: string): Promise<Stored>;
  /**
   * Opens the model of a checkpoint, or that which the run begins with.
   *
   * @throws AttuneError those of reading the model.
   */
  prepare(checkpoint: FoundCheckpoint<Stored> | undefined): Promise<PreparedRun<Config>>;
  /** Closes all that was opened, by {@link PreparedRun.openData} as well. */
  close(): Promise<void>;
}

/** A run whose model is there; nothing of it is on a device. */
export interface PreparedRun<Config extends RunConfig = RunConfig> {
  /**
   * Compares what the run takes with the memory of the machine, as far as that is known before its own data is made.
   *
   * @throws AttuneError OUT_OF_MEMORY.
   */
  requireMemory(backend: Backend): void;
  /**
   * Opens the data, and fits model and data to each other.
   *
   * @param ownData where the run keeps token files of its own, if it makes some.
   * @throws AttuneError those of reading the data; CHECKPOINT_MISMATCH, INVALID_CONFIG, TOKEN_OUT_OF_RANGE.
   */
  openData(ownData?: Folder): Promise<FittedRun<Config>>;
}

/** A run whose model and data are open, and fit each other. */
export interface FittedRun<Config extends RunConfig = RunConfig> {
  readonly origin: RunOrigin;
  /** Compares what the run takes with the memory of the machine. @throws AttuneError OUT_OF_MEMORY. */
  requireMemory(backend: Backend): void;
  /**
   * Makes the trainer, before its first step.
   *
   * @param weights in place of those that the run begins with.
   */
  trainer(backend: Backend, config: Config, weights?: () => Promise<TensorSource>): Trainer;
  /** Makes all that trains, scores, shows and saves. */
  job(backend: Backend): Promise<TrainingJob>;
}

/** The model of a run, and how it is scored, shown and saved. */
export interface TrainingJob {
  readonly trainer: Trainer;
  readonly saver: ModelSaver;
  readonly hashes: DataHashes;
  /** A description of the run for the user, line by line. */
  readonly description: readonly string[];
  /** Numbers that the model has, and those among them that are trained. */
  readonly parameters: { readonly total: number; readonly trainable: number };
  readonly evaluate?: (() => Promise<EvaluationMetrics>) | undefined;
  /** Shapes of the batches that are evaluated. */
  readonly validation?: TensorSpecs | undefined;
  readonly sampler?: Sampler | undefined;
  /** Some of the rows that are trained on, for people; missing where no tokenizer reads them. */
  readonly rows?: ((limit: number) => Promise<readonly TrainingRow[]>) | undefined;
  /** The finished model can write. */
  readonly generates: boolean;
  /** Losses are of tokens, and have a perplexity. */
  readonly predictsTokens: boolean;
}
