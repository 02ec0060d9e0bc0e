import { writeCheckpointFiles, type CheckpointContents } from '../checkpoint/checkpoint-files.js';
import { readCheckpointFiles, type CheckpointFolder } from '../checkpoint/read-checkpoint-files.js';
import { TRAINER_STATE_JSON } from '../checkpoint/trainer-state.js';
import { directoryFolder } from './directory-folder.js';
import { browserReadError, browserWriteError, isMissing, type DirectoryHandle } from './file-system.js';
import { writeFileAtomically } from './write-file.js';

const CHECKPOINTS = 'checkpoints';
/** Directories cannot be renamed: a checkpoint that replaces another of its step takes the second name. */
const NAME = /^step-(\d+)(\.new)?$/;

/** A checkpoint of a run, by its step. */
export interface CheckpointEntry {
  readonly step: number;
  /** Of its directory. */
  readonly name: string;
}

async function checkpointsOf(run: DirectoryHandle): Promise<DirectoryHandle | undefined> {
  try {
    return await run.getDirectoryHandle(CHECKPOINTS);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw browserReadError(`${run.name}/${CHECKPOINTS}`, error);
  }
}

/** Whether a directory is a checkpoint: its `trainer_state.json` is written last. */
async function isWhole(checkpoints: DirectoryHandle, name: string): Promise<boolean> {
  try {
    await (await checkpoints.getDirectoryHandle(name)).getFileHandle(TRAINER_STATE_JSON);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw browserReadError(name, error);
  }
}

async function removeIfThere(directory: DirectoryHandle, name: string): Promise<void> {
  await directory.removeEntry(name, { recursive: true }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/**
 * The checkpoints of a run in a browser's private file system that were written to the end, those with the most steps
 * first.
 *
 * @throws AttuneError FILE_READ if the directory cannot be read. One that has no checkpoints yet has none.
 */
export async function listCheckpoints(run: DirectoryHandle): Promise<CheckpointEntry[]> {
  const checkpoints = await checkpointsOf(run);
  if (!checkpoints) return [];
  const entries: CheckpointEntry[] = [];
  for await (const name of checkpoints.keys()) {
    const step = NAME.exec(name)?.[1];
    if (step !== undefined && (await isWhole(checkpoints, name))) entries.push({ step: Number(step), name });
  }
  return entries.sort((a, b) => b.step - a.step || b.name.length - a.name.length);
}

/**
 * Writes a checkpoint into a run's directory of a browser's private file system, with the same files as on disk. It is in
 * the list only when all of it is written; then one of the same step that was there before goes.
 *
 * @throws AttuneError FILE_WRITE, e.g. where storage is full; CHECKPOINT_MISMATCH, INVALID_ARGUMENT.
 */
export async function writeCheckpoint(
  run: DirectoryHandle,
  contents: CheckpointContents,
): Promise<CheckpointEntry> {
  const { step } = contents.checkpoint;
  const path = `${run.name}/${CHECKPOINTS}/step-${step}`;
  try {
    const checkpoints = await run.getDirectoryHandle(CHECKPOINTS, { create: true });
    const first = `step-${step}`;
    const taken = await isWhole(checkpoints, first);
    const [name, other] = taken ? [`${first}.new`, first] : [first, `${first}.new`];
    // What a tab that was closed may have left.
    await removeIfThere(checkpoints, name);
    const directory = await checkpoints.getDirectoryHandle(name, { create: true });
    await writeCheckpointFiles(contents, (file, content) => writeFileAtomically(directory, file, content));
    await removeIfThere(checkpoints, other);
    return { step, name };
  } catch (error) {
    throw browserWriteError(path, error);
  }
}

/**
 * Reads a checkpoint, and checks it against its checksums.
 *
 * @throws AttuneError FILE_NOT_FOUND, CHECKPOINT_MISMATCH; FILE_CORRUPT that lists the files that are missing or changed.
 */
export async function readCheckpoint(
  run: DirectoryHandle,
  entry: CheckpointEntry,
): Promise<CheckpointFolder> {
  return readCheckpointFiles(directoryFolder(await openCheckpoint(run, entry), entry.name));
}

/** The directory of a checkpoint. @throws AttuneError FILE_NOT_FOUND. */
export async function openCheckpoint(
  run: DirectoryHandle,
  { name }: CheckpointEntry,
): Promise<DirectoryHandle> {
  try {
    return await (await run.getDirectoryHandle(CHECKPOINTS)).getDirectoryHandle(name);
  } catch (error) {
    throw browserReadError(`${run.name}/${CHECKPOINTS}/${name}`, error);
  }
}

/**
 * Removes a checkpoint. It leaves the list at once, so that none is ever seen that is half removed.
 *
 * @throws AttuneError FILE_WRITE.
 */
export async function removeCheckpoint(run: DirectoryHandle, entry: CheckpointEntry): Promise<void> {
  try {
    const checkpoints = await checkpointsOf(run);
    if (!checkpoints) return;
    await removeIfThere(await openCheckpoint(run, entry), TRAINER_STATE_JSON);
    await removeIfThere(checkpoints, entry.name);
  } catch (error) {
    throw browserWriteError(`${run.name}/${CHECKPOINTS}/${entry.name}`, error);
  }
}

/**
 * The newest checkpoint that is whole and as it was written; those that are not are passed over.
 *
 * @param onDamaged hears of each that was passed over.
 */
export async function readLatestCheckpoint(
  run: DirectoryHandle,
  onDamaged: (entry: CheckpointEntry, error: unknown) => void = () => undefined,
): Promise<CheckpointFolder | undefined> {
  for (const entry of await listCheckpoints(run)) {
    try {
      return await readCheckpoint(run, entry);
    } catch (error) {
      onDamaged(entry, error);
    }
  }
  return undefined;
}
