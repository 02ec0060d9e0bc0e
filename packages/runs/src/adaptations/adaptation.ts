import type { HostTensors, TensorSource } from '@attune/core';
import type { FloatDType, FolderModel, TaskType } from '@attune/formats';
import type { LoraConfig } from '@attune/nn';
import type { CompanionFiles } from '../models/folder/companion-files.js';
import type { ModelHost } from '../models/model/host.js';
import type { ModelSaver } from '../models/folder/model-saver.js';
import type { OpenAnyModel } from '../models/model/opened-model.js';
import type { CheckpointReader, StoredCheckpoint } from '../record/run-store.js';
import type { Settings } from '../settings/field.js';

/** The settings that every adaptation looks at, beside its own. */
export interface SharedConfig {
  readonly method: string;
  readonly task: string;
  readonly seed: number;
  readonly chunkTokens?: number | undefined;
}

/** A pretrained model, made ready to be trained. */
export interface AdaptedModel {
  /** The very model of the source, with adapters or frozen parts. */
  readonly model: FolderModel;
  /** The adapters' configuration, where there are some. */
  readonly lora?: LoraConfig;
  /** Weights of embedding and head that an adapter had in place of the model's, to be saved with it again. */
  readonly replaced?: HostTensors;
  /** Values of all that does not begin as its initialiser says. */
  weights(): Promise<TensorSource>;
}

/** The parts from which the trained model of a run is written. */
export interface SavedParts {
  readonly source: OpenAnyModel<TensorSource>;
  readonly adapted: AdaptedModel;
  readonly companions: CompanionFiles;
  readonly taskType: TaskType;
  /** The base model that an adapter names. */
  readonly base: { readonly baseModel: string; readonly revision?: string };
  /** How the finished weights are stored; checkpoints are f32. */
  readonly dtype: FloatDType;
}

/**
 * Which weights of a pretrained model are trained, and how they are stored.
 *
 * @typeParam Config the settings it looks at.
 */
export interface Adaptation<Config = SharedConfig> {
  /** Settings that this adaptation alone takes. */
  readonly fields: Settings;
  /** A peak learning rate that usually works: the fewer weights are trained, the higher. */
  learningRate(values: Readonly<Record<string, unknown>>): number;
  /**
   * Lays adapters over a model, or freezes parts of it.
   *
   * @throws AttuneError INVALID_CONFIG for settings that do not go together, or name what the model has not; those of
   * reading an adapter.
   */
  adapt(
    source: OpenAnyModel<TensorSource>,
    config: Config,
    host: Pick<ModelHost, 'folder'>,
  ): Promise<AdaptedModel>;
  /** The adaptation on one line, for people. */
  describe(config: Config, adapted: AdaptedModel): string;
  /** Reads a checkpoint that {@link Adaptation.saver} wrote. */
  readCheckpoint(run: CheckpointReader, name: string, adapted: AdaptedModel): Promise<StoredCheckpoint>;
  /** Writes what was trained. */
  saver(parts: SavedParts): ModelSaver;
}
