import type { JsonObject } from '@attune/files';
import { isClassifierJson, readLabels, refuseOtherTasks } from './family/classifier-config.js';
import { familyOfType } from './families.js';
import type { ReadConfigOptions } from './family/family.js';
import type { ModelConfig } from './model-config.js';

/** A configuration, and what is to be told of how it was read. */
export interface ReadModelConfig {
  readonly config: ModelConfig;
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/**
 * A model's configuration from the `config.json` of a Hugging Face folder, by its `model_type`. Keys that are left out
 * have transformers' defaults. A key that would change what the model computes, and is not supported, is refused; one
 * that is not known is listed in a warning.
 *
 * @param name of the file, for messages.
 * @throws AttuneError UNSUPPORTED_MODEL that names every key whose value is not supported, or the class of a model for
 * another task; INVALID_CONFIG that names the key whose value is of the wrong type or out of range.
 */
export function modelConfigFromHuggingFace(
  json: JsonObject,
  options: ReadConfigOptions = {},
  name = 'config.json',
): ReadModelConfig {
  const family = familyOfType(json['model_type'], name);
  refuseOtherTasks(json, name);
  const { config, json: read } = family.readConfig(json, options, name);
  const unknown = read.unknownKeys();
  const warnings =
    unknown.length > 0
      ? [`${name} has keys that are not known, and not followed: ${unknown.join(', ')}.`]
      : [];
  return {
    config: isClassifierJson(json) ? { ...readLabels(json, name), body: config } : config,
    warnings,
  };
}
