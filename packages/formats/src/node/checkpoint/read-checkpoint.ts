import type { HostTensors } from '@attune/core';
import {
  readCheckpointFiles,
  readCheckpointOf,
  type CheckpointFolder,
  type StoredCheckpoint,
} from '../../checkpoint/read-checkpoint-files.js';
import { diskFolder } from '../files/disk-folder.js';

/**
 * Reads a checkpoint that {@link writeCheckpoint} wrote.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no such folder; CHECKPOINT_MISMATCH if it is no checkpoint of attune;
 * FILE_CORRUPT that lists the files that are missing or changed.
 */
export function readCheckpoint(path: string): Promise<CheckpointFolder> {
  return readCheckpointFiles(diskFolder(path, 'Name the folder of a checkpoint.'));
}

/**
 * Reads a checkpoint of any model that {@link writeCheckpoint} wrote.
 *
 * @param modelFiles names of the files that hold the model.
 * @param readParameters reads the parameters from them, when they are known to be whole.
 * @throws AttuneError as {@link readCheckpoint}; what `readParameters` throws.
 */
export function readModelCheckpoint(
  path: string,
  modelFiles: readonly string[],
  readParameters: () => Promise<HostTensors>,
): Promise<StoredCheckpoint> {
  return readCheckpointOf(diskFolder(path, 'Name the folder of a checkpoint.'), modelFiles, readParameters);
}
