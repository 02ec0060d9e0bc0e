/**
 * An OpenAI-compatible server of models and adapters, which answers many requests in one batch.
 *
 * @packageDocumentation
 */
export { createEmbedder, type Embedder } from './embedding/embedder.js';
export {
  createScorer,
  MOST_ALTERNATIVES,
  type ScoredToken,
  type Scorer,
  type TokenLogprob,
} from './scoring/scorer.js';
export type { LoadedModel } from './scoring/window-programs.js';
