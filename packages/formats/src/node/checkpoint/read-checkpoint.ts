import { readCheckpointFiles, type CheckpointFolder } from '../../checkpoint/read-checkpoint-files.js';
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
