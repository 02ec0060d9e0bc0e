import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { META_JSON, parseTokenMeta, type TokenMeta } from '@attune/data';
import { listCheckpoints } from '@attune/formats/node';
import {
  CONFIG_YAML,
  flagOf,
  makesAnotherRun,
  newestSample,
  OWN_DATA,
  pretrain,
  SAMPLES,
  storedSettings,
  trainingFields,
  withDefaults,
  type TrainingConfig,
} from '@attune/runs';
import type { ResolvedConfig } from '../../config/training-config.js';
import { exists, readJson, readText } from '../../environment/files.js';
import { diskRun } from '../../config/disk-run.js';
import { storyText } from '../host/embedded-corpus.js';

/** The state of a folder that `--continue` finds. */
export type RunToContinue =
  | { readonly kind: 'none' }
  | { readonly kind: 'unfinished' }
  | {
      readonly kind: 'finished';
      readonly steps: number;
      /** The text that the model wrote last. */
      readonly sample?: string;
    };

/** The request made of a folder: a run of these settings. */
export interface ContinueRequest extends ResolvedConfig {
  readonly out: string;
}

/**
 * Looks for a run of the same settings. Nothing is changed.
 *
 * @throws AttuneError INVALID_CONFIG if the folder holds a run of other settings, or of another vocabulary; as
 * `storedSettings`.
 */
export async function findRunToContinue(request: ContinueRequest): Promise<RunToContinue> {
  const { out, config, given } = request;
  if (!(await exists(join(out, CONFIG_YAML)))) return { kind: 'none' };
  const stored = withDefaults(trainingFields, await storedSettings(diskRun(out), pretrain));
  const faults = differences(request, stored);
  if (faults.length === 0 && config.data === undefined) faults.push(...(await otherVocabulary(out)));
  if (faults.length > 0) {
    throw new AttuneError('INVALID_CONFIG', `${out} holds another run: ${faults.join('; ')}.`, {
      fix: `Nothing was changed. Keep it and choose another --out, go on with it by attune pretrain --resume ${out}, or add --overwrite (npm start -- --overwrite) to remove it.`,
      data: { out },
    });
  }
  const [newest] = await listCheckpoints(out);
  const isFinished = await exists(join(out, 'final', 'config.json'));
  if (!newest || !isFinished || newest.step < (given.maxIters ?? stored.maxIters))
    return { kind: 'unfinished' };
  return { kind: 'finished', steps: newest.step, sample: await lastSample(out) };
}

/** The differences that make it another run, for people. */
function differences({ config, given }: ContinueRequest, stored: TrainingConfig): string[] {
  const keys = Object.keys(trainingFields) as (keyof TrainingConfig)[];
  return keys.flatMap((key) => {
    if (!makesAnotherRun(trainingFields[key].resume, stored[key], config[key])) return [];
    // A model that is there already has its own shape, and its name gets a commit.
    const isAdopted = config.initFrom !== undefined && given[key] === undefined;
    const isPinned = key === 'initFrom' && String(stored.initFrom).startsWith(`${config.initFrom}@`);
    if (isAdopted || isPinned) return [];
    return [
      `its ${flagOf(key)} is ${String(stored[key] ?? 'not set')}, not ${String(config[key] ?? 'unset')}`,
    ];
  });
}

/** True if the embedded corpus was prepared with another vocabulary, as by an earlier version. */
async function otherVocabulary(out: string): Promise<string[]> {
  const path = join(out, OWN_DATA, META_JSON);
  if (!(await exists(path))) return [];
  const [found, { meta }] = [parseTokenMeta(await readJson(path), path), await storyText()];
  const says = ({ tokenizer, vocabSize, trainTokens, valTokens }: TokenMeta) =>
    `${tokenizer?.kind} ${vocabSize} ${trainTokens} ${valTokens}`;
  return says(found) === says(meta)
    ? []
    : [`its vocabulary has ${found.vocabSize} tokens, as of another version, not ${meta.vocabSize}`];
}

async function lastSample(out: string): Promise<string | undefined> {
  const folder = join(out, SAMPLES);
  const last = newestSample(await readdir(folder).catch((): string[] => []));
  return last && (await readText(join(folder, last))).trim();
}
