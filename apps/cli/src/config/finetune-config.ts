import {
  checkStoredBackend,
  finetuneConfig,
  finetuneFields,
  presetValues,
  type FinetuneConfig,
} from '@attune/runs';
import { readConfigFile } from './config-file.js';
import { readFlags } from './flags.js';

/**
 * The configuration of a fine-tuning run: defaults, then the preset, then the file, then the flags; the later one counts.
 *
 * @throws AttuneError INVALID_CONFIG, UNKNOWN_KEY, FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function resolveFinetuneConfig(
  options: Readonly<Record<string, unknown>>,
): Promise<FinetuneConfig> {
  const { config: file, preset } = options as { config?: string; preset?: string };
  const given = readFlags(finetuneFields, options);
  const values = preset === undefined ? {} : presetValues('finetune', preset);
  const fromFile = file === undefined ? {} : await readConfigFile(finetuneFields, file);
  if (file !== undefined) checkStoredBackend(fromFile, given, file);
  return finetuneConfig({ ...values, ...fromFile, ...given });
}
