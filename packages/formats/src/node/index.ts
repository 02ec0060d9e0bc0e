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
  readCheckpoint,
  readModelCheckpoint,
  recoverCheckpoints,
  removeCheckpoint,
  writeCheckpoint,
  type CheckpointPath,
} from './checkpoints.js';
export type {
  CheckpointContents,
  CheckpointFolder,
  ModelCheckpointContents,
  StoredCheckpoint,
  WholeCheckpointContents,
} from '../checkpoint/index.js';
export {
  readAdapterFolder,
  readHuggingFaceFolder,
  readModelFolder,
  writeAdapterFolder,
  writeModelFolder,
} from './model-folders.js';
export { openSafetensorsFile, readSafetensors, writeSafetensors } from './safetensors.js';
export type { HuggingFaceFolder, ModelFolder, OpenTensors } from '../hugging-face/index.js';
export type { OpenSafetensorsFile } from '../safetensors/index.js';
