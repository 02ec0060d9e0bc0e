/**
 * Model folders, checkpoints and safetensors files on disk.
 *
 * @packageDocumentation
 */
export {
  bestCheckpointPath,
  checkpointPath,
  latestCheckpoint,
  listCheckpoints,
  recoverCheckpoints,
  removeCheckpoint,
  type CheckpointEntry,
} from './checkpoint/latest-checkpoint.js';
export type {
  CheckpointContents,
  ModelCheckpointContents,
  WholeCheckpointContents,
} from '../checkpoint/checkpoint-files.js';
export type { CheckpointFolder, StoredCheckpoint } from '../checkpoint/read-checkpoint-files.js';
export { readCheckpoint, readModelCheckpoint } from './checkpoint/read-checkpoint.js';
export { writeCheckpoint } from './checkpoint/write-checkpoint.js';
export type { FileSource } from '../folder/folder.js';
export { openFileSource } from './files/file-source.js';
export { recoverWrites } from './files/recover.js';
export type { FileContent } from '../bytes/file-content.js';
export { parseTemporary } from './files/temporary.js';
export { writeFileAtomically } from './files/write-file.js';
export { writeFolderAtomically } from './files/write-folder.js';
export { readModelFolder, writeModelFolder, type ModelFolder } from './hugging-face/model-folder.js';
export { readHuggingFaceFolder, type HuggingFaceFolder } from './hugging-face/read-hugging-face-folder.js';
export type { OpenTensors } from './hugging-face/shards.js';
export { readAdapterFolder, writeAdapterFolder } from './peft/adapter-folder.js';
export {
  openSafetensorsFile,
  readSafetensors,
  type OpenSafetensorsFile,
} from './safetensors/open-safetensors-file.js';
export { writeSafetensors } from './safetensors/write-safetensors.js';
