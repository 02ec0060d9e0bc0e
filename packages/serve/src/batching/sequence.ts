import { AttuneError, Random } from '@attune/core';
import { sampleToken } from '@attune/train';
import type { GeneratedToken, GenerationRequest } from './contract.js';
import { likelihoodsOf } from './likelihoods.js';
import { onAbort } from './on-abort.js';
import { TokenStream } from './token-stream.js';

/** A text that grows: a request on its way. */
export class Sequence {
  /** The prompt, and what was drawn so far. */
  readonly tokens: number[];
  readonly stream: TokenStream;
  /** The row it has, while it runs. */
  row: number | undefined;
  /** Tokens that the decoder has read. */
  read = 0;
  private readonly random: Random;
  private readonly ignoreAbort: () => void;
  private drawn = 0;

  /**
   * @param contextLength tokens that the text may have.
   * @param onEnd called once, when it ends for whatever reason.
   */
  constructor(
    private readonly request: GenerationRequest,
    private readonly contextLength: number,
    private readonly onEnd: (sequence: Sequence) => void,
  ) {
    this.tokens = [...request.prompt];
    this.random = new Random(request.seed);
    this.stream = new TokenStream(() => this.settle());
    this.ignoreAbort = onAbort(request.signal, this.cancel);
    if (request.signal.aborted) this.cancel();
    else if (request.maxNewTokens < 1) this.finish();
  }

  get ended(): boolean {
    return this.stream.ended;
  }

  private readonly cancel = (): void => {
    if (this.ended) return;
    this.stream.abort(this.request.signal.reason);
    this.settle();
  };

  /** Ends the text after what was drawn. */
  private finish(): void {
    this.stream.finish();
    this.settle();
  }

  /** Ends the text with an error. */
  fail(error: unknown): void {
    if (this.ended) return;
    this.stream.fail(error);
    this.settle();
  }

  get prompt(): readonly number[] {
    return this.request.prompt;
  }

  private settle(): void {
    this.ignoreAbort();
    this.onEnd(this);
    this.request.constraint?.dispose();
  }

  /**
   * Draws the next token from its logits. What goes wrong ends this text.
   *
   * @returns resolves when it was taken; `undefined` if it was at once, as without a constraint.
   */
  draw(logits: Float32Array): Promise<void> | undefined {
    try {
      const chosen = this.chosen(logits);
      const { constraint, endTokens } = this.request;
      this.tokens.push(chosen.token);
      this.drawn++;
      const ends = endTokens.includes(chosen.token);
      const accepted = ends ? undefined : constraint?.accept(chosen.token);
      if (accepted) return accepted.then(() => this.hand(chosen, ends)).catch((error) => this.fail(error));
      this.hand(chosen, ends);
    } catch (error) {
      this.fail(error);
    }
    return undefined;
  }

  private chosen(logits: Float32Array): GeneratedToken {
    const { sampling, constraint, logprobs } = this.request;
    const token = sampleToken(restricted(logits, constraint), sampling, this.random, this.tokens);
    if (logprobs === undefined) return { token };
    const likelihoods = likelihoodsOf(logits, logprobs);
    return { token, logprob: likelihoods.of(token), top: likelihoods.top };
  }

  /** Hands a token over, and ends the text if it is the last. */
  private hand(chosen: GeneratedToken, ends: boolean): void {
    // It may have been cancelled meanwhile.
    if (this.ended) return;
    const { constraint, maxNewTokens } = this.request;
    this.stream.push(chosen);
    const full = this.drawn >= maxNewTokens || this.tokens.length >= this.contextLength;
    if (ends || full || constraint?.finished) this.finish();
  }
}

/** @throws AttuneError INVALID_ARGUMENT if the constraint lets no token follow. */
function restricted(logits: Float32Array, constraint: GenerationRequest['constraint']): Float32Array {
  if (!constraint) return logits;
  const own = logits.slice();
  constraint.restrict(own);
  if (own.some((logit) => logit > -Infinity)) return own;
  throw new AttuneError('INVALID_ARGUMENT', 'The constraint lets no token follow.', {
    fix: 'It must be finished when nothing can.',
  });
}
