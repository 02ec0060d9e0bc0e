import { AttuneError } from '@attune/core';
import type { LanguageModelConfig } from '@attune/nn';
import { flagOf } from '../../settings/spelling.js';
import type { TrainingConfig } from './fields.js';
import { shapeKeys, shapeOf } from './shape.js';

/**
 * A configuration with the shape of a pretrained model. The block size may be any up to the model's positions, which
 * stay as many as they are.
 *
 * @param given what the user asked for by a file or a flag.
 * @throws AttuneError INVALID_CONFIG that names both values where the user asked for another shape.
 */
export function adoptShape(
  config: TrainingConfig,
  given: Partial<TrainingConfig>,
  model: LanguageModelConfig,
  path: string,
): TrainingConfig {
  const shape = shapeOf(model);
  for (const key of shapeKeys) {
    if (given[key] === undefined || given[key] === shape[key]) continue;
    throw new AttuneError(
      'INVALID_CONFIG',
      `${flagOf(key)} is ${given[key]}, but the model in ${path} has ${shape[key] === undefined ? `no ${key}` : `${key} ${shape[key]}`}.`,
      { fix: `Leave out ${flagOf(key)}: the shape comes from the model.` },
    );
  }
  if (given.blockSize !== undefined && given.blockSize > model.blockSize) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `--block-size is ${given.blockSize}, but the model in ${path} has ${model.blockSize} positions.`,
      { fix: `Use a block size of at most ${model.blockSize}.` },
    );
  }
  return { ...config, ...shape, blockSize: Math.min(config.blockSize, model.blockSize) };
}
