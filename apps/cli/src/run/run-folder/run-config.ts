import { join } from 'node:path';
import { CONFIG_YAML, type TrainingCommand } from '@attune/runs';
import { MAX_SETTINGS_BYTES, parseSettings } from '../../config/config-file.js';
import { readText } from '../files.js';
import { requireRun } from './run-folder.js';

/** The setting that only runs of fine-tuning have. */
const FINETUNING = 'method';

/**
 * Tells which command began a run.
 *
 * @param unknown for a configuration that cannot be read: reading it tells what is wrong.
 * @throws AttuneError FILE_NOT_FOUND if there is no run.
 */
export async function readRunCommand(
  run: string,
  unknown: TrainingCommand = 'pretrain',
): Promise<TrainingCommand> {
  await requireRun(run);
  const path = join(run, CONFIG_YAML);
  try {
    const text = await readText(path, undefined, MAX_SETTINGS_BYTES).catch(() => '');
    return Object.hasOwn(parseSettings(path, text), FINETUNING) ? 'finetune' : 'pretrain';
  } catch {
    return unknown;
  }
}
