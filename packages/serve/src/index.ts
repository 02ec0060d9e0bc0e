/**
 * An OpenAI-compatible server of models and adapters, which answers many requests in one batch.
 *
 * @packageDocumentation
 */
export { createBatcher, DEFAULT_MAX_WAITING, type BatcherOptions } from './batching/continuous-batcher.js';
export type { Batcher, GeneratedToken, GenerationRequest, TokenConstraint } from './batching/contract.js';
export { DecoderPool, type DecoderLease } from './batching/decoder-pool.js';
export { likelihoodsOf, type Likelihoods } from './batching/likelihoods.js';
export {
  createConstrainer,
  type AnswerForm,
  type Constrainer,
  type ConstrainerOptions,
  type PreparedForm,
} from './constraint/constrainer.js';
export type { GrammarLimits } from './constraint/grammar.js';
export type {
  GrammarListener,
  GrammarReply,
  GrammarRequest,
  GrammarState,
  GrammarThread,
  StartGrammarThread,
} from './constraint/grammar-thread.js';
export { checkSchema, schemaLimits } from './constraint/schema-rules.js';
export { createEmbedder, type Embedder } from './embedding/embedder.js';
export { serveAdapter, type AdapterParts } from './models/serve-adapter.js';
export {
  DEFAULT_ROWS,
  serveModel,
  type BatchingOptions,
  type ServedModel,
  type ServedModelParts,
} from './models/served-model.js';
export {
  createScorer,
  MOST_ALTERNATIVES,
  type ScoredToken,
  type Scorer,
  type TokenLogprob,
} from './scoring/scorer.js';
export type { LoadedModel } from './scoring/window-programs.js';
export { createServer, type Server } from './http/create-server.js';
export type { Health } from './http/health.js';
export type { ModelCatalog, RequestRecord, ServerLimits, ServerOptions } from './http/options.js';
