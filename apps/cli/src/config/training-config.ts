import {
  checkConfig,
  checkStoredBackend,
  presetValues,
  trainingFields,
  withDefaults,
  type TrainingConfig,
} from '@attune/runs';
import { readConfigFile } from './config-file.js';
import { readFlags } from './flags.js';

/** A training configuration, and what of it the user asked for by a file or a flag. */
export interface ResolvedConfig {
  readonly config: TrainingConfig;
  readonly given: Partial<TrainingConfig>;
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
  const values = preset === undefined ? {} : presetValues('pretrain', preset);
  const fromFile = file === undefined ? {} : await readConfigFile(trainingFields, file);
  const flags = readFlags(trainingFields, options);
  if (file !== undefined) checkStoredBackend(fromFile, flags, file);
  const given = { ...fromFile, ...flags };
  const config = withDefaults(trainingFields, { ...values, ...given });
  checkConfig(config);
  return { config, given };
}
