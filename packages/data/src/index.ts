/**
 * Tokenizers, token datasets, chat templates and images. Runs in browsers, workers and Node; files are read by
 * `@attune/data/node`.
 *
 * @packageDocumentation
 */
export * from './chat/index.js';
export * from './datasets/index.js';
export * from './examples/index.js';
export * from './images/index.js';
export * from './prepare/index.js';
export { BpeTrainer, type BpeOptions } from './tokenizers/bpe/bpe-trainer.js';
export type { PieceLimits } from './tokenizers/bpe/piece-counts.js';
export * from './tokenizers/index.js';
export * from './tokens/index.js';
export * from './token-folder/index.js';
