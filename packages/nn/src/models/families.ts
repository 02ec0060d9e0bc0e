import type { CausalLmFamily } from './causal-lm/family.js';
import { gpt2Family } from './gpt2/family.js';
import { llamaFamily } from './llama/family.js';

/** The families of causal language models, by name. */
export const causalLmFamilies = {
  gpt2: gpt2Family,
  llama: llamaFamily('llama', 'Llama'),
  mistral: llamaFamily('mistral', 'Mistral'),
  qwen2: llamaFamily('qwen2', 'Qwen2'),
  qwen3: llamaFamily('qwen3', 'Qwen3'),
} as const;

/** Name of a family: Hugging Face's `model_type`. */
export type CausalLmFamilyName = keyof typeof causalLmFamilies;

/** A model of one of the families. */
export type LanguageModel = ReturnType<(typeof causalLmFamilies)[CausalLmFamilyName]['model']>;

/** The configuration of a model of one of the families, told apart by `family`. */
export type LanguageModelConfig = LanguageModel['config'];

/** The family that a configuration belongs to. */
export function causalLmFamilyOf({ family }: Pick<LanguageModelConfig, 'family'>) {
  return causalLmFamilies[family] as unknown as CausalLmFamily<LanguageModel>;
}

/**
 * The model of a configuration. It has no numbers.
 *
 * @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG.
 */
export function languageModel(config: LanguageModelConfig): LanguageModel {
  return causalLmFamilyOf(config).model(config);
}
