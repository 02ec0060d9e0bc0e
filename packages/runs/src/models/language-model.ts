import { AttuneError } from '@attune/core';
import { isClassifierConfig, type ModelConfig } from '@attune/formats';
import { Gpt2Model, languageModel, type LanguageModel } from '@attune/nn';
import type { OpenModel } from './opened-model.js';

/** @throws AttuneError UNSUPPORTED_MODEL if the configuration is that of a classifier, which predicts no tokens. */
export function languageModelOf(config: ModelConfig, path: string): LanguageModel {
  if (!isClassifierConfig(config)) return languageModel(config);
  throw new AttuneError('UNSUPPORTED_MODEL', `${path} holds a classifier, which predicts no tokens.`, {
    fix: 'Name a language model.',
  });
}

/** The GPT-2 that pretraining starts from. @throws AttuneError UNSUPPORTED_MODEL if the model is none. */
export function requireGpt2({ model, path }: OpenModel): Gpt2Model {
  if (model instanceof Gpt2Model) return model;
  throw new AttuneError(
    'UNSUPPORTED_MODEL',
    `${path} holds a ${model.config.family}; pretraining goes on with GPT-2 only.`,
    {
      fix: 'Use `attune finetune --method full`: it trains on plain text, too.',
    },
  );
}
