import type { Folder } from '@attune/files';
import { checkpointFolder } from '@attune/formats';
import {
  checkSameOrigin,
  hashesOfRun,
  OWN_DATA,
  parseProgress,
  readRun,
  type RunConfig,
  type RunHost,
  type StoredCheckpoint,
  type Task,
} from '@attune/runs';

/** A run as it was found: its folder, the checkpoint that it would go on from, and how it is trained. */
export interface FoundRun<Asked, Stored> {
  readonly run: Folder;
  readonly checkpoint: string;
  readonly config: Asked;
  readonly host: RunHost;
  /** The contents of the checkpoint, if they were read. */
  readonly stored?: Stored;
}

/**
 * Opens a run as it is opened to go on with it, up to the device that it would train on. Nothing is written.
 *
 * @returns the contents of its checkpoint.
 * @throws AttuneError all that going on with it would.
 */
export async function checkResumable<
  Config extends RunConfig,
  Asked extends object,
  Stored extends StoredCheckpoint,
>(
  task: Task<Config, Asked, Stored>,
  { run, checkpoint: name, config, host, stored: read }: FoundRun<Asked, Stored>,
): Promise<Stored> {
  const reader = readRun(run);
  const folder = checkpointFolder(run, name);
  const path = folder.name;
  const record = await reader.readRecord();
  const open = await task.open(config, host);
  try {
    const stored = read ?? (await open.readCheckpoint(reader, name));
    parseProgress(stored.run['progress'], path);
    const prepared = await open.prepare({ ...stored, name, path, folder });
    const { origin } = await prepared.openData(run.folder(OWN_DATA));
    checkSameOrigin({ hashes: hashesOfRun(stored, record), base: record?.base }, origin, run.name);
    return stored;
  } finally {
    await open.close();
  }
}
