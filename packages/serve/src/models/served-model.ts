import type { ModelText } from '@attune/runs';
import { createDecoder } from '@attune/train';
import { createBatcher } from '../batching/continuous-batcher.js';
import type { Batcher } from '../batching/contract.js';
import { DecoderPool } from '../batching/decoder-pool.js';
import { createConstrainer, type Constrainer } from '../constraint/constrainer.js';
import type { StartGrammarThread } from '../constraint/grammar-thread.js';
import { createEmbedder, type Embedder } from '../embedding/embedder.js';
import { createScorer, type Scorer } from '../scoring/scorer.js';
import type { LoadedModel } from '../scoring/window-programs.js';

/** A model, or a base model with one adapter, that answers under a name. */
export interface ServedModel extends LoadedModel, Pick<Scorer, 'score'>, Pick<Embedder, 'embed'> {
  /** The name that requests choose it by. */
  readonly id: string;
  /** When it was opened, in seconds since 1970. */
  readonly created: number;
  readonly text: ModelText;
  /** Continues texts. Scores and vectors wait in its queue as well, so that they throw what {@link Batcher.exclusive} does. */
  readonly batcher: Batcher;
  /** Holds answers to a JSON schema; missing where threads cannot be started for it. */
  readonly constrainer?: Constrainer;
  /** Ends what is under way, and frees what serving it took. Its parameters stay. */
  close(): Promise<void>;
}

/** The parts that a {@link ServedModel} is made of. Whoever made them disposes them, after it is closed. */
export interface ServedModelParts extends LoadedModel {
  readonly id: string;
  readonly text: ModelText;
  /** Starts the threads of schemas that answers are held to: `startGrammarThread` of `@attune/serve/node`. */
  readonly startGrammar?: StartGrammarThread;
}

/** How requests of a model are batched. */
export interface BatchingOptions {
  /** Requests that are answered at once. Default 8. Above 16, an answer may depend on the others in its last bits. */
  readonly rows?: number;
  /** Tokens of prompt and answer together, at most the model's `blockSize`, which is the default. */
  readonly contextLength?: number;
  /** Requests that may wait for a row. Default 128. */
  readonly maxWaiting?: number;
  /** Where decoders come from. Models that share one have only so many at a time. Default: one of its own. */
  readonly pool?: DecoderPool;
}

/** Requests that are answered at once by default. */
export const DEFAULT_ROWS = 8;

/** Serves a model whose parameters are on a device. */
export function serveModel(
  parts: ServedModelParts,
  {
    rows = DEFAULT_ROWS,
    contextLength = Infinity,
    maxWaiting,
    pool = new DecoderPool(1),
  }: BatchingOptions = {},
): ServedModel {
  const { backend, model, state, text, startGrammar } = parts;
  const length = Math.min(contextLength, model.config.blockSize);
  const batcher = createBatcher({
    decoder: pool.lease(() => createDecoder({ backend, model, state, rows, contextLength: length })),
    vocabSize: model.config.vocabSize,
    contextLength: length,
    maxWaiting,
  });
  const scorer = createScorer(parts);
  const embedder = createEmbedder(parts);
  const constrainer =
    startGrammar &&
    createConstrainer({
      ...{ tokenizer: text.tokenizer, vocabSize: model.config.vocabSize, start: startGrammar },
      endTokens: () => text.endIds(),
    });
  const never = new AbortController().signal;
  return {
    ...parts,
    batcher,
    ...(constrainer && { constrainer }),
    created: Math.floor(Date.now() / 1000),
    score: (tokens, top, signal = never) =>
      batcher.exclusive(signal, () => scorer.score(tokens, top, signal)),
    embed: (tokens, signal = never) => batcher.exclusive(signal, () => embedder.embed(tokens, signal)),
    async close() {
      await batcher.close();
      constrainer?.dispose();
      await scorer.dispose();
      await embedder.dispose();
    },
  };
}
