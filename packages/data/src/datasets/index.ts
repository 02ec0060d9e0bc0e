export { type BatchSizes } from './checks.js';
export {
  evaluationWindows,
  type EvaluationWindows,
  type EvaluationWindowsOptions,
} from './evaluation-windows.js';
export { prefetch } from './prefetch.js';
export { samplings, type Sampling } from './sampling.js';
export {
  tokenBatchSpec,
  tokenDataset,
  type TokenDataset,
  type TokenDatasetOptions,
} from './token-dataset.js';
