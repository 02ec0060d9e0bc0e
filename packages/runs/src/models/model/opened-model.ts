import type { HostTensors, TensorSource } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import type { Folder } from '@attune/files';
import type { FolderModel, JsonObject, ModelConfig } from '@attune/formats';
import type { LanguageModel } from '@attune/nn';

/**
 * A model of any kind that was read, with what its tokens mean.
 *
 * @typeParam Tensors its weights: in memory, or read as they are used.
 */
export interface OpenAnyModel<Tensors extends TensorSource = HostTensors> {
  /** The name of the folder it was found in: on a disk, its path. */
  readonly path: string;
  /**
   * Folders with the files that say how the model reads, talks and stops: where one has a file, the ones after it do not
   * count. The folder of an adapter comes before that of its model.
   */
  readonly textFolders: readonly Folder[];
  /** A name that finds the same model again; for one of the hub, its id with the commit. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly model: FolderModel;
  /** In f32, or as they are stored, where that was asked for. */
  readonly tensors: Tensors;
  /** `null` where the folder does not say. */
  readonly tokenizer: Tokenizer | null;
  /** Its `config.json`, for whoever writes it again. */
  readonly source: JsonObject;
  /** The folder of the adapter that was added to its weights, if one was: then these are in no folder. */
  readonly adapter?: string;
}

/** A language model that was read. */
export interface OpenModel extends OpenAnyModel {
  readonly model: LanguageModel;
}
