import {
  LlamaModel,
  llamaConfig,
  gpt2,
  sequenceClassifier,
  type LlamaConfig,
  type Gpt2Config,
  type Gpt2Model,
  type SequenceClassifier,
  type SequenceClassifierConfig,
} from '@attune/nn';

/** Configuration of a language model that folders hold. */
export type LanguageModelConfig = Gpt2Config | LlamaConfig;

/** Configuration of a classifier on top of one. */
export interface ClassifierConfig extends SequenceClassifierConfig {
  readonly body: LanguageModelConfig;
}

/** Plain data that says all about a model of a folder but its numbers. */
export type ModelConfig = LanguageModelConfig | ClassifierConfig;

/** A model that predicts tokens. */
export type LanguageModel = Gpt2Model | LlamaModel;

/** A model that a folder may hold. */
export type FolderModel = LanguageModel | SequenceClassifier;

/** Whether a configuration is that of a classifier. */
export function isClassifierConfig(config: ModelConfig): config is ClassifierConfig {
  return 'body' in config;
}

/** A configuration with another dropout at every place where its model drops. */
export function withDropout(config: ModelConfig, p: number): ModelConfig {
  if (isClassifierConfig(config)) {
    return { ...config, body: withDropout(config.body, p) as LanguageModelConfig };
  }
  return 'family' in config ? { ...config, attentionDropout: p } : { ...config, dropout: p };
}

/** The model that predicts tokens, of this configuration. */
export function languageModel(config: LanguageModelConfig): LanguageModel {
  return 'family' in config ? new LlamaModel(llamaConfig(config)) : gpt2(config);
}

/** The model of a configuration. It has no numbers. */
export function modelOf(config: ModelConfig): FolderModel {
  return isClassifierConfig(config)
    ? sequenceClassifier(languageModel(config.body), config)
    : languageModel(config);
}
