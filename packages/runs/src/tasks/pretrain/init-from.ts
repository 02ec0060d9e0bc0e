import { AttuneError } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import { flagOf } from '../../settings/spelling.js';
import type { TrainingConfig } from './fields.js';

/** Settings that a pretrained model fixes. Its dropout is no part of its shape. */
const SHAPE = ['vocabSize', 'nLayer', 'nHead', 'nEmbd', 'bias', 'activation'] as const;

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
  model: Gpt2Config,
  path: string,
): TrainingConfig {
  for (const key of SHAPE) {
    if (given[key] === undefined || given[key] === model[key]) continue;
    throw new AttuneError(
      'INVALID_CONFIG',
      `${flagOf(key)} is ${given[key]}, but the model in ${path} has ${key} ${model[key]}.`,
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
  const shape = Object.fromEntries(SHAPE.map((key) => [key, model[key]]));
  return { ...config, ...shape, blockSize: Math.min(config.blockSize, model.blockSize) };
}
