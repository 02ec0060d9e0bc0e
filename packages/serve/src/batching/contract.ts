import type { SamplingOptions } from '@attune/train';
import type { TokenLogprob } from '../scoring/scorer.js';

/** Rules out tokens while a text grows, so that it keeps to a form. It belongs to one request. */
export interface TokenConstraint {
  /** Sets the logits `f32[V]` of tokens that may not follow to −∞, in place. */
  restrict(logits: Float32Array): void;
  /** Takes the token that was chosen. What may follow is known at once, or when this resolves. */
  accept(token: number): void | Promise<void>;
  /** True if the text is complete: nothing may follow, and generation ends. */
  readonly finished: boolean;
  dispose(): void;
}

/** A text to be continued. */
export interface GenerationRequest {
  readonly prompt: readonly number[];
  /** The most tokens to draw. Fewer come where an end token does, or where the model's context is full. */
  readonly maxNewTokens: number;
  readonly sampling: SamplingOptions;
  /** The same seed draws the same tokens, whatever else is being answered. */
  readonly seed: number;
  /**
   * Asks for the log-probability of each token, and those of so many of the most likely ones. They are the model's own, before
   * constraint, penalty, temperature and truncation: those that scoring the same text gives.
   */
  readonly logprobs?: number | undefined;
  /** Disposed when the request ends, however it does, and also if it is refused. */
  readonly constraint?: TokenConstraint | undefined;
  /** Tokens that end the text. The one that does is the last that comes. */
  readonly endTokens: readonly number[];
  /** Ends the request: its row is free before the next step, and who reads its tokens gets the signal's reason. */
  readonly signal: AbortSignal;
}

/** A token that was drawn. */
export interface GeneratedToken {
  readonly token: number;
  /** Given where logprobs are asked for. */
  readonly logprob?: number;
  /** The most likely tokens, the likeliest first: as many as were asked for. */
  readonly top?: readonly TokenLogprob[];
}

/**
 * Answers many requests in one batch that they join and leave at any step, first come, first served.
 *
 * On attune's own engine, with up to 16 rows, an answer does not depend on what else is answered, to the bit.
 */
export interface Batcher {
  /** Tokens of prompt and answer together that a request may have. */
  readonly contextLength: number;
  /**
   * Queues a request. Its tokens come as they are drawn. Read them once. Whoever stops reading before the end ends the
   * request; tokens that nobody has read yet are kept for at most the context's length.
   *
   * Reading throws the signal's reason if that ended the request; NON_FINITE and what its constraint throws, which end no other
   * request; what the engine throws, which ends all of them; INTERRUPTED if the batcher is closed.
   *
   * @throws AttuneError at once: QUEUE_FULL; CONTEXT_EXCEEDED if the prompt leaves no room for a token; DATA_TOO_SHORT if it
   * has none; TOKEN_OUT_OF_RANGE; INVALID_CONFIG for sampling out of range; DISPOSED; the failure of a batcher that is broken.
   */
  submit(request: GenerationRequest): AsyncIterableIterator<GeneratedToken>;
  /**
   * Runs other work of the model between two steps, when its turn in the queue comes. It needs no row, and texts that are
   * being generated wait for it. An error that it throws is its own.
   *
   * @throws AttuneError QUEUE_FULL, DISPOSED, INTERRUPTED, as {@link Batcher.submit}; the signal's reason if that comes before
   * its turn does.
   */
  exclusive<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Requests and other work that wait for their turn. */
  readonly waiting: number;
  /** Requests that have a row. */
  readonly running: number;
  /** The failure of the engine after which nothing more can be answered. */
  readonly failure: Error | undefined;
  /** Ends what is queued and running with INTERRUPTED, and frees what the batcher has on the device. */
  close(): Promise<void>;
}
