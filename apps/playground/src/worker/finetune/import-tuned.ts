import { AttuneError, listFaults, shownValue } from '@attune/core';
import { isJsonObject, memoryFolder, readJsonObject, type BlobLike, type Folder } from '@attune/files';
import { ADAPTER_CONFIG_JSON, checkpointFolder } from '@attune/formats';
import {
  checkStoredBackend,
  CONFIG_YAML,
  finetune,
  finetuneConfig,
  finetuneFields,
  HEADING,
  plainFormat,
  recordedFinetuneConfig,
  validate,
  type FinetuneConfig,
} from '@attune/runs';
import { checkedTuneSettings, tuneSettingsOf } from '../../settings/tune-settings.js';
import { checkResumable } from '../host/check-resumable.js';
import { writeInto } from '../host/write-into.js';
import {
  ADAPTER_FOLDER,
  PASTED,
  ROWS,
  ROWS_PATH,
  RUN_FOLDER,
  workspace,
  type StoredModel,
} from '../models/workspace.js';
import { checkAdapter, closeOpenedAdapter } from './opened-adapter.js';
import { readPastedRows } from './pasted-rows.js';
import { discardTuning, FINAL } from './stored-tuning.js';
import { hostOf } from './tune-host.js';
import type { TunedRunFiles } from './tuned-files.js';

/** The model that a run is to be of: one that was given, or the one that is open. */
export interface BaseOfRun {
  readonly model: StoredModel;
  readonly folder: Folder;
}

/** The rows as they were pasted, in the workspace. */
const PASTED_PATH = `${ROWS}/${PASTED}`;

/** A run that can be gone on with: its files by their paths in the workspace. */
export type CheckedRun = ReadonlyMap<string, Uint8Array>;

/** The configuration that a checkpoint was trained with. @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG, FILE_CORRUPT. */
async function recordedConfig(checkpoint: Folder, name: string): Promise<FinetuneConfig> {
  const { run } = await readJsonObject(checkpoint, 'trainer_state.json');
  const values = isJsonObject(run) ? run['config'] : undefined;
  if (!isJsonObject(values)) {
    throw new AttuneError('INVALID_CONFIG', `${name}: its settings are ${shownValue(values)}.`);
  }
  // What JSON has no word for is as if it were not there.
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const config = validate(finetuneFields, given, { name, spell: (key) => key });
  checkStoredBackend(config, {}, name);
  return finetuneConfig(recordedFinetuneConfig(config));
}

/** Refuses settings that the page does not train with. */
function checkConfig(config: FinetuneConfig, name: string): void {
  const { method, task, data, adapter } = config;
  const faults = [
    ...(method === 'lora' ? [] : [`its method is ${method}, and the page has LoRA`]),
    ...(task === 'classify' ? ['it trains a classifier'] : []),
    ...(data === ROWS_PATH ? [] : [`its rows are in ${data}, and not in ${ROWS_PATH}`]),
    ...(adapter === undefined || adapter === ADAPTER_FOLDER
      ? []
      : [`it continues the adapter in ${adapter}, and not one in ${ADAPTER_FOLDER}`]),
  ];
  if (faults.length > 0) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `The playground cannot resume ${name}: ${listFaults(faults)}.`,
      {
        fix: 'Go on with it on the command line: attune finetune --resume run.',
      },
    );
  }
  checkedTuneSettings(tuneSettingsOf(config), name);
}

/** The contents of files. Those of one run are together what a page can hold. */
async function contentsOf(files: ReadonlyMap<string, BlobLike>): Promise<Map<string, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  for (const [path, blob] of files) read.set(path, new Uint8Array(await blob.arrayBuffer()));
  return read;
}

/**
 * Reads a run with its newest checkpoint, which has to be whole, and the rows. All that going on with it would refuse is
 * refused.
 *
 * @throws AttuneError FILE_CORRUPT, FILE_NOT_FOUND, CHECKPOINT_MISMATCH, INVALID_CONFIG, INVALID_EXAMPLE.
 */
export async function checkTunedRun(
  { name, files, checkpoint }: TunedRunFiles,
  { model, folder }: BaseOfRun,
): Promise<CheckedRun> {
  const contents = await contentsOf(files);
  const space = memoryFolder(contents, '.');
  const run = space.folder(RUN_FOLDER);
  const config = await recordedConfig(checkpointFolder(run, checkpoint), name);
  checkConfig(config, name);
  const host = hostOf({ space, model, folder, chosen: 'wasm' });
  const { checkpoint: state } = await checkResumable(finetune, { run, checkpoint, config, host });
  if (`step-${state.step}` !== checkpoint) {
    throw new AttuneError('CHECKPOINT_MISMATCH', `${name}: ${checkpoint} is of step ${state.step}.`);
  }
  // It is talked with as any other adapter is: by its own configuration.
  await checkAdapter(checkpointFolder(run, checkpoint), folder);
  if (await run.folder(FINAL).has(ADAPTER_CONFIG_JSON)) await checkAdapter(run.folder(FINAL), folder);
  // The command line may have written it, with more of YAML than the page reads.
  const written = plainFormat.write({ ...config, backend: 'auto' }, HEADING);
  contents.set(`${RUN_FOLDER}/${CONFIG_YAML}`, new TextEncoder().encode(written));
  if (!showsRows(contents)) contents.delete(PASTED_PATH);
  return contents;
}

/** True if the rows as they were pasted are those that are trained on. */
function showsRows(contents: CheckedRun): boolean {
  const textOf = (path: string) => new TextDecoder().decode(contents.get(path));
  const [pasted, jsonl] = [textOf(PASTED_PATH), textOf(ROWS_PATH)];
  try {
    return [true, false].some((isChat) => readPastedRows(pasted, isChat).jsonl === jsonl);
  } catch {
    return false;
  }
}

/** Puts a run in the workspace, in place of what was fine-tuned there. @throws AttuneError FILE_WRITE. */
export async function keepTunedRun(files: CheckedRun): Promise<void> {
  const clear = async () => {
    await discardTuning();
    await closeOpenedAdapter();
  };
  await clear();
  try {
    await writeInto(await workspace(), files);
  } catch (error) {
    await clear().catch(() => undefined);
    throw error;
  }
}
