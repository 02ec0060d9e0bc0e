import { defineBackend, engineBackend, type Precision } from '@attune/core';
import { referenceEngine } from './engine.js';

/** Options of the reference backend. */
export interface ReferenceOptions {
  /** In which precision f32 tensors are held. `f64` gives the truth that float32 engines are compared with. */
  readonly precision?: Precision;
}

/** Runs everywhere JavaScript does, slowly. */
export const backend = defineBackend<ReferenceOptions>({
  name: 'reference',
  isAvailable: async () => ({ available: true, description: 'JavaScript interpreter, for reference: slow' }),
  create: async ({ precision = 'f32' } = {}) => engineBackend(referenceEngine(precision)),
});
