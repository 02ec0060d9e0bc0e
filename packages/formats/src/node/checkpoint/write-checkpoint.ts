import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AttuneError, type Checkpoint } from '@attune/core';
import type { JsonObject } from '../../bytes/json.js';
import { encodeSafetensors } from '../../safetensors/index.js';
import { memoryTensors } from '../../tensor-reader.js';
import { writeFolderAtomically } from '../files/write-folder.js';
import { writeFileAtomically, type FileContent } from '../files/write-file.js';
import { hashing } from '../files/sha256.js';
import { gpt2Files, type Gpt2FolderContents } from '../hugging-face/gpt2-folder.js';
import { formatTrainerState, OPTIMIZER_SAFETENSORS, TRAINER_STATE_JSON } from './trainer-state.js';

/** What a checkpoint is written from. */
export interface CheckpointContents extends Omit<Gpt2FolderContents, 'parameters'> {
  readonly checkpoint: Checkpoint;
  /** Whatever the run wants to find again, e.g. its configuration. JSON-serialisable. */
  readonly run?: JsonObject;
  /** Versions of the software, by name, for whoever looks into the folder. */
  readonly versions?: Readonly<Record<string, string>>;
}

/**
 * Writes a checkpoint: the folder of a GPT-2, which transformers loads as it is, with `optimizer.safetensors` and
 * `trainer_state.json`. Until everything is on the disk, nothing is to be seen under `path`; a checkpoint that is
 * already there is replaced.
 *
 * @param path usually `checkpointPath(run, step)`.
 * @throws AttuneError FILE_WRITE, also if the folder exists and is no checkpoint; CHECKPOINT_MISMATCH if the parameters
 * are not those of the configuration; INVALID_ARGUMENT if a file's name is taken.
 */
export async function writeCheckpoint(path: string, contents: CheckpointContents): Promise<void> {
  const { checkpoint, run = {}, versions = {} } = contents;
  const { parameters, optimizer, ...progress } = checkpoint;
  const files: [string, FileContent][] = [
    ...gpt2Files({ ...contents, parameters }),
    [OPTIMIZER_SAFETENSORS, encodeSafetensors(memoryTensors(optimizer, 'the optimizer'))],
  ];
  const names = [...files.map(([name]) => name), TRAINER_STATE_JSON];
  const taken = names.find((name, i) => names.indexOf(name) !== i);
  if (taken !== undefined) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `A checkpoint cannot take a file named ${taken}: it has its own.`,
    );
  }
  await writeFolderAtomically(path, TRAINER_STATE_JSON, async (folder) => {
    const sha256: Record<string, string> = {};
    for (const [name, content] of files) {
      const hash = createHash('sha256');
      await writeFileAtomically(join(folder, name), hashing(chunksOf(content), hash));
      sha256[name] = hash.digest('hex');
    }
    const state = formatTrainerState({ ...progress, run, versions, sha256 });
    await writeFileAtomically(join(folder, TRAINER_STATE_JSON), state);
  });
}

async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield new TextEncoder().encode(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}
