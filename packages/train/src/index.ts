/**
 * The training loop, evaluation and generation, over any backend.
 *
 * @packageDocumentation
 */
export { checkRowsForRanks } from './distributed/share.js';
export {
  evaluateClassification,
  type ClassificationMetrics,
  type ClassificationOptions,
} from './evaluation/evaluate-classification.js';
export { normalizeAnswer, scoreAnswer, type AnswerScores } from './evaluation/answer-scores.js';
export { evaluateModel, type EvaluateOptions } from './evaluation/evaluate-model.js';
export { planDecoder, type DecoderPlan } from './generation/plan-decoder.js';
export { createDecoder, type Decoder, type DecoderOptions, type RowTokens } from './generation/decoder.js';
export {
  createGenerator,
  type GeneratedToken,
  type GenerateOptions,
  type Generator,
  type GeneratorOptions,
} from './generation/generate.js';
export { checkSampling, sampleToken, topKIds, type SamplingOptions } from './generation/sampler.js';
export { allocateParameters, weightSpecs, type WeightSource } from './trainer/parameters.js';
export { evaluateProgram } from './programs/evaluate.js';
export type { Objective } from './programs/forward.js';
export type { AccumulationPrograms } from './trainer/accumulation.js';
export type { SessionPlan } from './trainer/session.js';
export {
  accumulateProgram,
  accumulatorNames,
  accumulatorSpecs,
  applyProgram,
  slotSpecs,
  trainProgram,
  type TrainObjective,
} from './programs/train.js';
export type { LossSpikeOptions } from './trainer/loss-spike.js';
export type { TrainerOptions } from './trainer/options.js';
export { Trainer } from './trainer/trainer.js';
export { EarlyStopping, stopReason, type EarlyStoppingState, type FitProgress } from './trainer/stopping.js';
