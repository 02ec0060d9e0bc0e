import { checkRunConfig } from '../../settings/checks.js';
import type { TrainingConfig } from './fields.js';
import { checkShape } from './shape.js';

/** @throws AttuneError INVALID_CONFIG where two settings do not go together. */
export function checkConfig(config: TrainingConfig): void {
  checkShape(config);
  checkRunConfig(config);
}
