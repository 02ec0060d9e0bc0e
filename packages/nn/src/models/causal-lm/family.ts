import type { CausalLm, CausalLmConfig } from '@attune/core';
import type { RootModule } from '../../module/root-module.js';

/** A model that some family describes. */
export type FamilyModel = CausalLm<CausalLmConfig & { readonly family: string }> & RootModule;

/** A family of causal language models: how a model of it is made, and what training has to know about it. */
export interface CausalLmFamily<Model extends FamilyModel = FamilyModel, Options = Model['config']> {
  /** Hugging Face's `model_type`; configurations carry it as `family`. */
  readonly name: Model['config']['family'];
  /** The name by which people know it. */
  readonly title: string;
  /** The kind of model it is: families that share one differ in configuration only. */
  readonly architecture: 'gpt2' | 'llama';
  /**
   * Builds a model. What is left out has the family's defaults.
   *
   * @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG.
   */
  model(options: Options): Model;
  /** Probabilities of dropout in training, by the place where elements are dropped. */
  dropouts(config: Model['config']): Readonly<Record<string, number>>;
  /** The configuration with another dropout, at every place. */
  withDropout(config: Model['config'], p: number): Model['config'];
  /** Names of the layers that LoRA adapts unless it is told which, as in peft. */
  readonly loraTargets: readonly string[];
}
