import type { TensorSpecs } from '@attune/core';
import type { CausalLmFamily, LanguageModel, LanguageModelConfig } from '@attune/nn';
import type { JsonObject } from '@attune/files';
import type { ConfigJson } from './config-json.js';

/** Settings that a folder lacks, or that are to be overridden. */
export interface ReadConfigOptions {
  /**
   * Longest sequence. Only models with rotary positions can be built for fewer than they were trained on. Default: all,
   * but no more than 4096 rotary ones, unless attune wrote the folder and knows better.
   */
  readonly blockSize?: number;
  /** Dropout at every place where the model drops, in place of the folder's. */
  readonly dropout?: number;
}

/** How Hugging Face folders describe the configuration of a family's models, and store their tensors. */
export interface FolderLayout<Config extends LanguageModelConfig = LanguageModelConfig> {
  /** The prefix of all tensor names but those of heads in transformers: the name of the bare model. */
  readonly prefix: string;
  /** @throws AttuneError UNSUPPORTED_MODEL, INVALID_CONFIG. */
  readConfig(json: JsonObject, options: ReadConfigOptions, name: string): ReadConfig<Config>;
  /**
   * The keys of `config.json` that say what the model computes.
   *
   * @throws AttuneError UNSUPPORTED_MODEL if the family has no words for it.
   */
  writeConfig(config: Config): JsonObject;
  /** transformers' class of the model, with a head that predicts tokens or labels. */
  className(head: 'tokens' | 'labels'): string;
  /** Tensors that folders have, and the model has not, which are then zero. */
  zeroTensors?(config: Config): TensorSpecs;
  /** True if a tensor of a folder is no parameter: a table or a mask that is computed here. */
  isComputed(name: string): boolean;
}

/** Everything particular to a family of models: how they are made, trained and stored. */
export interface ModelFamily extends CausalLmFamily<LanguageModel>, FolderLayout {}

/** A configuration that was read. */
export interface ReadConfig<Config> {
  readonly config: Config;
  /** The document, which records the keys that were read, so that unknown ones can be listed. */
  readonly json: ConfigJson;
}
