import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { parseTemporary } from '@attune/formats/node';
import { parseSettings } from '../../config/config-file.js';
import { readText } from '../files.js';

/** First line of a run's `config.yaml`: by it, `--overwrite` knows a folder that attune has made. */
export const HEADING = 'The resolved configuration of a run of attune. Use it again with --config.';

/** What a run writes into its folder, and so what must not be there yet. */
const ENTRIES = ['config.yaml', 'run.json', 'metrics.jsonl', 'checkpoints', 'samples', 'final'];

/** Files of a model folder, as runs write them. */
export const MODEL_FILES =
  /^(config|generation_config|meta|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|labels|adapter_config|trainer_state)\.json$|\.safetensors$|^merges\.txt$|^chat_template\.jinja$/;

/** What is in a folder; nothing if it does not exist. */
async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new AttuneError('FILE_WRITE', `${folder} cannot be used as a folder: ${message}.`, { cause });
  }
}

/** The data of an earlier run, as far as its configuration can be read: `undefined` for the embedded corpus. */
interface EarlierRun {
  readonly data?: unknown;
}

/** An earlier run, if attune wrote its configuration. */
async function readEarlierRun(path: string): Promise<EarlierRun> {
  const text = await readText(join(path, 'config.yaml')).catch(() => '');
  if (text.startsWith(`# ${HEADING}`)) {
    try {
      return parseSettings(join(path, 'config.yaml'), text);
    } catch {
      // A run by its first line. Which data it had is not known, and `data` not taken for its own.
      return { data: null };
    }
  }
  throw new AttuneError('INVALID_CONFIG', `${path} holds files of a run, but no config.yaml of attune's.`, {
    fix: 'Nothing was removed. Choose another --out.',
  });
}

/** Removes the entries of a folder whose name fits, whether they were finished or not, and the folder if nothing else was in it. */
async function removeEntries(folder: string, made: RegExp): Promise<void> {
  const entries = await entriesOf(folder);
  const ours = entries.filter((entry) => made.test(parseTemporary(entry)?.name ?? entry));
  for (const entry of ours) await rm(join(folder, entry), { recursive: true });
  if (entries.length > 0 && ours.length === entries.length) await rmdir(folder);
}

/**
 * Removes what an earlier run wrote, and nothing else. Its `config.yaml` stays until that of the new run takes its place:
 * whoever is killed in between finds the folder of a run, as before.
 */
async function removeRun(path: string): Promise<void> {
  await removeEntries(join(path, 'checkpoints'), /^(step-\d+|best)(\.damaged)?$/);
  await removeEntries(join(path, 'samples'), /^step-\d+\.txt$/);
  await removeEntries(join(path, 'final'), MODEL_FILES);
  for (const file of ['metrics.jsonl', 'run.json']) await rm(join(path, file), { force: true });
}

/**
 * Makes way for a new run in a folder. Files that are not a run's are left alone.
 *
 * @param overwrite whether an earlier run may be removed.
 * @param preparesData whether the new run puts token files into the folder's `data`.
 * @throws AttuneError INVALID_CONFIG if the folder is taken; FILE_WRITE if it is no folder.
 */
export async function makeWay(
  path: string,
  { overwrite, preparesData }: { overwrite: boolean; preparesData: boolean },
): Promise<void> {
  const present = await entriesOf(path);
  const taken = ENTRIES.filter((entry) => present.includes(entry));
  if (taken.length > 0 && !overwrite) {
    throw new AttuneError('INVALID_CONFIG', `${path} already holds a run: ${taken.join(', ')}.`, {
      fix: 'Choose another --out, or remove the earlier run with --overwrite.',
    });
  }
  const earlier = taken.length > 0 ? await readEarlierRun(path) : undefined;
  // Token files of the embedded corpus may be written again; others are somebody's data.
  const foreignData = present.includes('data') && (!earlier || earlier.data !== undefined);
  if (preparesData && foreignData) {
    throw new AttuneError('INVALID_CONFIG', `${join(path, 'data')} exists, and is not of an earlier run.`, {
      fix: 'Choose another --out, or name the data with --data.',
    });
  }
  if (earlier) await removeRun(path);
}
