import { AttuneError } from '@attune/core';
import { llamaFamily } from './llama/family.js';
import type { ModelFamily } from './family.js';
import { gpt2Family } from './gpt2/family.js';
import type { LanguageModelConfig } from './model-config.js';

/** Every family there is. */
const families = [gpt2Family, llamaFamily] as readonly ModelFamily[];

/** The `model_type`s that can be read and written. */
export const modelTypes: readonly string[] = families.flatMap((family) => family.modelTypes);

/**
 * The family of a `model_type`.
 *
 * @param name of the file that has it, for messages.
 * @throws AttuneError UNSUPPORTED_MODEL.
 */
export function familyOfType(modelType: unknown, name: string): ModelFamily {
  const family = families.find((candidate) => candidate.modelTypes.includes(modelType as string));
  if (family) return family;
  throw new AttuneError(
    'UNSUPPORTED_MODEL',
    `${name}: model_type is ${JSON.stringify(modelType) ?? 'missing'}, but only ${modelTypes.join(', ')} are supported.`,
    { fix: 'Choose a model of one of these types.', data: { modelType } },
  );
}

/** The family that a configuration belongs to. */
export function familyOf(config: LanguageModelConfig): ModelFamily {
  return ('family' in config ? llamaFamily : gpt2Family) as ModelFamily;
}
