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
export { parseTemporary, type FileContent, type OpenFile } from '@attune/files';
export { openFile, recoverWrites, writeFileAtomically, writeFolderAtomically } from '@attune/files/node';
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
