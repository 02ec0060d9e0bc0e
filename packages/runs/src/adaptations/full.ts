import { wholeModelSaver } from '../models/folder/model-saver.js';
import type { Adaptation } from './adaptation.js';

/** Every weight is trained. */
export const full: Adaptation = {
  fields: {},
  learningRate: () => 5e-5,
  adapt: async ({ model, tensors }) => ({ model, weights: async () => tensors }),
  describe: () => 'full',
  readCheckpoint: (run, name) => run.readCheckpoint(name),
  saver: wholeModelSaver,
};
