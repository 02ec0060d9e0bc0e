import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { chunksOf } from '../../bytes/file-content.js';
import { writeCheckpointFiles, type CheckpointContents } from '../../checkpoint/checkpoint-files.js';
import { TRAINER_STATE_JSON } from '../../checkpoint/trainer-state.js';
import { hashing } from '../files/sha256.js';
import { writeFileAtomically } from '../files/write-file.js';
import { writeFolderAtomically } from '../files/write-folder.js';

/**
 * Writes a checkpoint: the folder of a model, which transformers loads as it is, with `optimizer.safetensors` and
 * `trainer_state.json`. Until everything is on the disk, nothing is to be seen under `path`; a checkpoint that is
 * already there is replaced.
 *
 * @param path usually `checkpointPath(run, step)`.
 * @throws AttuneError FILE_WRITE, also if the folder exists and is no checkpoint; CHECKPOINT_MISMATCH if the parameters
 * are not those of the configuration; INVALID_ARGUMENT if a file's name is taken.
 */
export async function writeCheckpoint(path: string, contents: CheckpointContents): Promise<void> {
  await writeFolderAtomically(path, TRAINER_STATE_JSON, (folder) =>
    writeCheckpointFiles(contents, async (name, content) => {
      const hash = createHash('sha256');
      await writeFileAtomically(join(folder, name), hashing(chunksOf(content), hash));
      return hash.digest('hex');
    }),
  );
}
