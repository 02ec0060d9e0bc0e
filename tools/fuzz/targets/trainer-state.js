/** `trainer_state.json` of a checkpoint. */
import { parseJsonObject } from '@attune/files';
import {
  formatTrainerState,
  parseTrainerState,
} from '../../../packages/formats/dist/checkpoint/trainer-state.js';

const state = {
  step: 3,
  tokens: 48,
  seed: 1337,
  data: { position: 1 },
  lossStatistics: { count: 3, mean: 2.7, variance: 0.1 },
  run: { best: 2.5 },
  versions: { attune: '0.1.0' },
  sha256: { 'model.safetensors': 'a'.repeat(64), 'optimizer.safetensors': 'b'.repeat(64) },
};

export const target = {
  form: 'json',
  seeds: [JSON.parse(formatTrainerState(state))],
  // It has a checksum: next to nothing that is changed is read.
  readShare: [0, 0.9],
  read: (bytes) => parseTrainerState(parseJsonObject(bytes, 'trainer_state.json'), 'trainer_state.json'),
};
