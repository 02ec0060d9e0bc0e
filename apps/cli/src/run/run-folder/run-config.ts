import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import {
  finetuneFields,
  recordedFinetuneConfig,
  trainingFields,
  type Fields,
  type FinetuneConfig,
  type TrainingConfig,
  type ValuesOf,
} from '@attune/runs';
import { MAX_SETTINGS_BYTES, parseSettings, readConfigFile } from '../../config/config-file.js';
import { readText } from '../files.js';
import { CONFIG_YAML, requireRun } from './run-folder.js';

/** The setting that only runs of fine-tuning have. */
const FINETUNING = 'method';

/** What a run is a run of, by the command that began it. */
export type RunKind = 'pretrain' | 'finetune';

async function kindOf(path: string): Promise<RunKind> {
  const text = await readText(path, undefined, MAX_SETTINGS_BYTES).catch(() => '');
  return Object.hasOwn(parseSettings(path, text), FINETUNING) ? 'finetune' : 'pretrain';
}

/**
 * Which command began a run. A configuration that cannot be read is one of pretraining: reading it tells what is wrong.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run.
 */
export async function readRunKind(run: string): Promise<RunKind> {
  await requireRun(run);
  return kindOf(join(run, CONFIG_YAML)).catch(() => 'pretrain' as const);
}

async function readRun<F extends Fields>(
  run: string,
  fields: F,
  kind: RunKind,
  fix: string,
): Promise<Partial<ValuesOf<F>>> {
  await requireRun(run);
  const path = join(run, CONFIG_YAML);
  const found = await kindOf(path).catch(() => kind);
  if (found === kind) return readConfigFile(fields, path);
  const what = found === 'finetune' ? 'fine-tuning' : 'pretraining';
  throw new AttuneError('INVALID_CONFIG', `${run} is a run of ${what}.`, { fix });
}

/**
 * The configuration of a pretraining run.
 *
 * @throws AttuneError INVALID_CONFIG if the run is one; as {@link readConfigFile}.
 */
export function readTrainingRun(run: string): Promise<Partial<TrainingConfig>> {
  return readRun(run, trainingFields, 'pretrain', `Go on with it: attune finetune --resume ${run}.`);
}

/**
 * The configuration of a fine-tuning run.
 *
 * @throws AttuneError INVALID_CONFIG if the run is one of pretraining; as {@link readConfigFile}.
 */
export async function readFinetuningRun(run: string): Promise<Partial<FinetuneConfig>> {
  const fix = `Go on with it: attune pretrain --resume ${run}.`;
  return recordedFinetuneConfig(await readRun(run, finetuneFields, 'finetune', fix));
}
