export type {
  CheckpointContents,
  ModelCheckpointContents,
  WholeCheckpointContents,
} from './checkpoint-files.js';
export {
  readCheckpoint,
  readModelCheckpoint,
  type CheckpointFolder,
  type StoredCheckpoint,
} from './read-checkpoint.js';
export {
  BEST_CHECKPOINT,
  checkpointFolder,
  checkpointName,
  CHECKPOINTS,
  listCheckpoints,
  readLatestCheckpoint,
  recoverCheckpoints,
  removeCheckpoint,
  wholeCheckpoints,
  writeCheckpoint,
  writeCheckpointFolder,
  type CheckpointEntry,
} from './run-checkpoints.js';
