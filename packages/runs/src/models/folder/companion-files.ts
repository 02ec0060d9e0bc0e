import type { JsonObject } from '@attune/formats';

/** Names of the classes, in an adapter of a classifier: peft keeps them with the base model. */
export const LABELS_JSON = 'labels.json';

/** The files of a model's folder beside its weights, so that the model reads, talks and stops as it did. */
export interface CompanionFiles {
  /** Tokenizer and chat template, by name. */
  readonly files: Record<string, unknown>;
  /** The `generation_config.json`; `undefined` where `config.json` says it all. */
  readonly generation?: JsonObject | undefined;
}
