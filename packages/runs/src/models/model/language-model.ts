import { AttuneError } from '@attune/core';
import { isClassifierConfig, type ModelConfig } from '@attune/formats';
import { languageModel, type LanguageModel } from '@attune/nn';

/** @throws AttuneError UNSUPPORTED_MODEL if the configuration is that of a classifier, which predicts no tokens. */
export function languageModelOf(config: ModelConfig, path: string): LanguageModel {
  if (!isClassifierConfig(config)) return languageModel(config);
  throw new AttuneError('UNSUPPORTED_MODEL', `${path} holds a classifier, which predicts no tokens.`, {
    fix: 'Name a language model.',
  });
}
