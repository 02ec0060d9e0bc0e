import { AttuneError } from '@attune/core';
import { causalLmFamilies, type CausalLmFamilyName, type LanguageModelConfig } from '@attune/nn';
import type { ModelFamily } from './family/family.js';
import { gpt2Layout } from './gpt2/family.js';
import { llamaLayouts } from './llama/family.js';

/** How each family is stored. */
const layouts = {
  gpt2: gpt2Layout,
  ...llamaLayouts,
} satisfies Record<CausalLmFamilyName, object>;

/** Every family there is, by its `model_type`. */
export const modelFamilies: ReadonlyMap<string, ModelFamily> = new Map(
  Object.values(causalLmFamilies).map((family) => [
    family.name,
    { ...family, ...layouts[family.name] } as unknown as ModelFamily,
  ]),
);

/** The `model_type`s that can be read and written. */
export const modelTypes: readonly string[] = [...modelFamilies.keys()];

/**
 * The family of a `model_type`.
 *
 * @param name of the file that has it, for messages.
 * @throws AttuneError UNSUPPORTED_MODEL.
 */
export function familyOfType(modelType: unknown, name: string): ModelFamily {
  const family = modelFamilies.get(modelType as string);
  if (family) return family;
  throw new AttuneError(
    'UNSUPPORTED_MODEL',
    `${name}: model_type is ${JSON.stringify(modelType) ?? 'missing'}, but only ${modelTypes.join(', ')} are supported.`,
    { fix: 'Choose a model of one of these types.', data: { modelType } },
  );
}

/** The family that a configuration belongs to. */
export function familyOf({ family }: Pick<LanguageModelConfig, 'family'>): ModelFamily {
  return modelFamilies.get(family)!;
}
