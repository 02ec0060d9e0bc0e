import {
  languageModel,
  sequenceClassifier,
  type LanguageModel,
  type LanguageModelConfig,
  type SequenceClassifier,
  type SequenceClassifierConfig,
} from '@attune/nn';
import { familyOf } from './families.js';

/** Configuration of a classifier on top of one. */
export interface ClassifierConfig extends SequenceClassifierConfig {
  readonly body: LanguageModelConfig;
}

/** Plain data that says all about a model of a folder but its numbers. */
export type ModelConfig = LanguageModelConfig | ClassifierConfig;

/** A model that a folder may hold. */
export type FolderModel = LanguageModel | SequenceClassifier;

/** True if a configuration is that of a classifier. */
export function isClassifierConfig(config: ModelConfig): config is ClassifierConfig {
  return 'body' in config;
}

/** A configuration with another dropout at every place where its model drops. */
export function withDropout(config: ModelConfig, p: number): ModelConfig {
  if (isClassifierConfig(config)) {
    return { ...config, body: withDropout(config.body, p) as LanguageModelConfig };
  }
  return familyOf(config).withDropout(config, p);
}

/** The model of a configuration. It has no numbers. */
export function modelOf(config: ModelConfig): FolderModel {
  return isClassifierConfig(config)
    ? sequenceClassifier(languageModel(config.body), config)
    : languageModel(config);
}
