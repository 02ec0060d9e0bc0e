import { growingText } from '@attune/runs';
import type { SamplingOptions } from '@attune/train';
import type { GeneratedToken, TokenConstraint } from '../batching/contract.js';
import type { ServedModel } from '../models/served-model.js';
import type { EncodedPrompt } from './encode.js';

/** How the answers of a request are drawn. */
export interface AnswerOptions {
  readonly maxNewTokens: number;
  readonly sampling: SamplingOptions;
  readonly seed: number;
  /** Answers to each prompt. */
  readonly n: number;
  readonly stop: readonly string[];
  /** How many of the most likely tokens to report with each; `undefined` for none, and no probabilities. */
  readonly logprobs?: number | undefined;
  /** Makes the form that an answer has to keep to, for each anew. */
  readonly constraint?: () => TokenConstraint;
  readonly signal: AbortSignal;
}

/** A piece of an answer. */
export interface AnswerPiece {
  /** Text that became certain. Of a token that may be the beginning of a stop, or is a part of a character, there is none yet. */
  readonly text: string;
  /** The tokens since the last piece. */
  readonly tokens: readonly GeneratedToken[];
}

/** How an answer ended. */
export interface AnswerEnd {
  readonly finishReason: 'stop' | 'length';
  /** Tokens drawn, the one that ended it included. */
  readonly tokens: number;
}

/** One answer on its way. */
export interface Answer {
  /** Its place among the answers of the request. */
  readonly index: number;
  readonly prompt: EncodedPrompt;
  /**
   * Hands over its pieces as they come. Call it once.
   *
   * @throws what reading a batcher's tokens throws.
   */
  read(onPiece: (piece: AnswerPiece) => void): Promise<AnswerEnd>;
}

const ends = new WeakMap<ServedModel, Promise<readonly number[]>>();

/** The tokens at which answers of a model end. They are found once. */
function endTokensOf(model: ServedModel): Promise<readonly number[]> {
  const known = ends.get(model);
  if (known) return known;
  const found = model.text.endIds();
  ends.set(model, found);
  found.catch(() => ends.delete(model));
  return found;
}

/**
 * Queues all answers of a request at once. Each is drawn with a seed of its own.
 *
 * @throws AttuneError as `Batcher.submit`: then none is drawn, if `signal` is aborted.
 */
export async function startAnswers(
  prompts: readonly EncodedPrompt[],
  model: ServedModel,
  options: AnswerOptions,
): Promise<readonly Answer[]> {
  const endTokens = await endTokensOf(model);
  const { n, seed } = options;
  return prompts.flatMap((prompt, place) =>
    Array.from({ length: n }, (_, i) => {
      const index = place * n + i;
      return startAnswer(index, prompt, model, endTokens, { ...options, seed: seed + index });
    }),
  );
}

function startAnswer(
  index: number,
  prompt: EncodedPrompt,
  { batcher, text: { tokenizer } }: ServedModel,
  endTokens: readonly number[],
  { maxNewTokens, sampling, seed, stop, logprobs, constraint, signal }: AnswerOptions,
): Answer {
  const form = constraint?.();
  const drawn = batcher.submit({
    ...{ prompt: prompt.tokens, maxNewTokens, sampling, seed, endTokens, signal },
    ...(logprobs !== undefined && { logprobs }),
    ...(form && { constraint: form }),
  });
  return {
    index,
    prompt,
    async read(onPiece) {
      let piece = '';
      let held: GeneratedToken[] = [];
      const hand = () => {
        if (piece === '' && (logprobs === undefined || held.length === 0)) return;
        onPiece({ text: piece, tokens: held });
        piece = '';
        held = [];
      };
      const text = growingText(tokenizer, {
        ...{ stop, before: prompt.before },
        end: (token) => endTokens.includes(token),
        onText: (more) => void (piece += more),
      });
      for await (const token of drawn) {
        const ended = text.push(token.token);
        held.push(token);
        hand();
        if (ended) break;
      }
      const { finishReason, tokens } = text.finish();
      hand();
      const room = Math.min(maxNewTokens, batcher.contextLength - prompt.tokens.length);
      // What keeps to a form ends when that is complete.
      return { finishReason: tokens < room || form?.finished ? 'stop' : finishReason, tokens };
    },
  };
}
