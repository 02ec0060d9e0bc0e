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
export { readCheckpoint, type CheckpointFolder } from './checkpoint/read-checkpoint.js';
export { writeCheckpoint, type CheckpointContents } from './checkpoint/write-checkpoint.js';
export { openFileSource, type FileSource } from './files/file-source.js';
export { recoverWrites } from './files/recover.js';
export { writeFileAtomically, type FileContent } from './files/write-file.js';
export {
  readGpt2Folder,
  writeGpt2Folder,
  type Gpt2Folder,
  type Gpt2FolderContents,
} from './hugging-face/gpt2-folder.js';
export { readHuggingFaceFolder, type HuggingFaceFolder } from './hugging-face/read-hugging-face-folder.js';
export type { OpenTensors } from './hugging-face/shards.js';
export {
  openSafetensorsFile,
  readSafetensors,
  type OpenSafetensorsFile,
} from './safetensors/open-safetensors-file.js';
export { writeSafetensors } from './safetensors/write-safetensors.js';
