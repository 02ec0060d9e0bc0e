import { AttuneError } from '@attune/core';
import { readConfigFile } from './config-file.js';
import { withDefaults } from './field.js';
import { readFlags } from './flags.js';
import { presetValues } from './presets.js';
import { checkStoredBackend } from '../run/backend-package.js';
import { trainingFields, type RunConfig, type TrainingConfig } from './training-fields.js';

/** A training configuration, and what of it the user asked for by a file or a flag. */
export interface ResolvedConfig {
  readonly config: TrainingConfig;
  readonly given: Partial<TrainingConfig>;
}

function checkShape({ nEmbd, nHead }: TrainingConfig): void {
  if (nEmbd % nHead === 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `The width must be a multiple of the heads, but nEmbd is ${nEmbd} and nHead is ${nHead}.`,
    { fix: `Try --n-embd ${Math.ceil(nEmbd / nHead) * nHead}.` },
  );
}

function checkLearningRates({ learningRate, minLr }: RunConfig): void {
  if (minLr <= learningRate) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `minLr must be at most learningRate, but is ${minLr}, and learningRate is ${learningRate}.`,
    { fix: 'Lower --min-lr, or leave it out: it is then a tenth of --learning-rate.' },
  );
}

function checkPatience({ patience, evalInterval }: RunConfig): void {
  if (patience === undefined || evalInterval > 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `patience is ${patience}, but evalInterval is 0: nothing is evaluated.`,
    {
      fix: 'Give --eval-interval a number of steps.',
    },
  );
}

/** @throws AttuneError INVALID_CONFIG where two settings do not go together. */
export function checkConfig(config: TrainingConfig): void {
  checkShape(config);
  checkRunConfig(config);
}

/** @throws AttuneError INVALID_CONFIG where two settings that every run has do not go together. */
export function checkRunConfig(config: RunConfig): void {
  checkLearningRates(config);
  checkPatience(config);
}

/**
 * The configuration of a run: defaults, then the preset, then the file, then the flags; the later one counts.
 *
 * @throws AttuneError INVALID_CONFIG, UNKNOWN_KEY, FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function resolveTrainingConfig(
  options: Readonly<Record<string, unknown>>,
): Promise<ResolvedConfig> {
  const { preset, config: file } = options as { preset?: string; config?: string };
  const values = preset === undefined ? {} : presetValues(preset);
  const fromFile = file === undefined ? {} : await readConfigFile(trainingFields, file);
  const flags = readFlags(trainingFields, options);
  if (file !== undefined) checkStoredBackend(fromFile, flags, file);
  const given = { ...fromFile, ...flags };
  const config = withDefaults(trainingFields, { ...values, ...given });
  checkConfig(config);
  return { config, given };
}
