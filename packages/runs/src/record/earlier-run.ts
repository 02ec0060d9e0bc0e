import { AttuneError } from '@attune/core';
import { parseTemporary, readText, type WritableFolder } from '@attune/files';
import { CHECKPOINTS } from '@attune/formats';
import type { ConfigFormat } from './config-format.js';
import {
  CONFIG_YAML,
  EVENT_FILE,
  FINAL,
  HEADING,
  METRICS_JSONL,
  MODEL_FILES,
  OWN_DATA,
  RUN_JSON,
  SAMPLES,
  TENSORBOARD,
} from './run-files.js';
import { isSample } from './samples.js';

/** The names that a run writes into its folder, none of which may exist yet. */
const ENTRIES = [CONFIG_YAML, RUN_JSON, METRICS_JSONL, CHECKPOINTS, SAMPLES, FINAL];

/** The data of an earlier run, as far as its configuration can be read: `undefined` for the embedded corpus. */
interface EarlierRun {
  readonly data?: unknown;
}

/** An earlier run, if attune wrote its configuration. */
async function readEarlierRun(run: WritableFolder, format: ConfigFormat): Promise<EarlierRun> {
  const text = await readText(run, CONFIG_YAML).catch(() => '');
  if (format.hasHeading(text, HEADING)) {
    try {
      return format.parse(text, `${run.name}/${CONFIG_YAML}`);
    } catch {
      // A run by its first line. Which data it had is not known, and `data` not taken for its own.
      return { data: null };
    }
  }
  throw new AttuneError(
    'INVALID_CONFIG',
    `${run.name} holds files of a run, but no config.yaml of attune's.`,
    {
      fix: 'Nothing was removed. Choose another --out.',
    },
  );
}

/** Removes the entries of a folder that a run made, finished or not, and the folder if nothing else was in it. */
async function removeEntries(
  run: WritableFolder,
  name: string,
  isOurs: (entry: string) => boolean,
): Promise<void> {
  const folder = run.folder(name);
  const entries = (await folder.list()) ?? [];
  const ours = entries.filter((entry) => isOurs(parseTemporary(entry)?.name ?? entry));
  for (const entry of ours) await folder.remove(entry);
  if (entries.length > 0 && (await folder.list())?.length === 0) await run.remove(name);
}

/**
 * Removes what an earlier run wrote, and nothing else. Its `config.yaml` stays until that of the new run takes its place:
 * whoever is killed in between finds the folder of a run, as before.
 */
async function removeRun(run: WritableFolder): Promise<void> {
  await removeEntries(run, CHECKPOINTS, (name) => /^(step-\d+|best)(\.damaged)?$/.test(name));
  await removeEntries(run, SAMPLES, isSample);
  await removeEntries(run, FINAL, (name) => MODEL_FILES.test(name));
  await removeEntries(run, TENSORBOARD, (name) => EVENT_FILE.test(name));
  for (const file of [METRICS_JSONL, RUN_JSON]) await run.remove(file);
}

/**
 * Makes way for a new run in a folder. Files that are not a run's are left alone.
 *
 * @param overwrite an earlier run may be removed.
 * @param preparesData the new run puts token files into the folder's `data`.
 * @throws AttuneError INVALID_CONFIG if the folder is taken.
 */
export async function makeWay(
  run: WritableFolder,
  { overwrite, preparesData }: { readonly overwrite: boolean; readonly preparesData: boolean },
  format: ConfigFormat,
): Promise<void> {
  const present = (await run.list()) ?? [];
  const taken = ENTRIES.filter((entry) => present.includes(entry));
  if (taken.length > 0 && !overwrite) {
    throw new AttuneError('INVALID_CONFIG', `${run.name} already holds a run: ${taken.join(', ')}.`, {
      fix: 'Choose another --out, or remove the earlier run with --overwrite.',
    });
  }
  const earlier = taken.length > 0 ? await readEarlierRun(run, format) : undefined;
  // Token files of the embedded corpus may be written again; others are somebody's data.
  const foreignData = present.includes(OWN_DATA) && (!earlier || earlier.data !== undefined);
  if (preparesData && foreignData) {
    const { name } = run.folder(OWN_DATA);
    throw new AttuneError('INVALID_CONFIG', `${name} exists, and is not of an earlier run.`, {
      fix: 'Choose another --out, or name the data with --data.',
    });
  }
  if (earlier) await removeRun(run);
}
