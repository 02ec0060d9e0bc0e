import { streamDecoder, type Tokenizer, type TokenSpellings } from '@attune/data';
import type { GeneratedToken } from '../batching/contract.js';
import type { TokenLogprob } from '../scoring/scorer.js';
import { bytesOf, tokenText } from './token-texts.js';

/** Log-probabilities as completions report them: one entry for each token. */
export interface CompletionLogprobs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly (number | null)[];
  /** By text; where two tokens have the same one, the likelier. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  /** Where the text of each token begins in the answer's text, in UTF-16 units. */
  readonly text_offset: readonly number[];
}

/** A token with its log-probability, as chat completions report it. */
export interface ChatTokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
}

/** Log-probabilities as chat completions report them. */
export interface ChatLogprobs {
  readonly content: readonly (ChatTokenLogprob & { readonly top_logprobs: readonly ChatTokenLogprob[] })[];
  readonly refusal: null;
}

/** A token with probabilities where they are known: none is before the first token of a text. */
export type ReportedToken = GeneratedToken;

/**
 * Reports the tokens of a text that grows, and where they stand in it.
 *
 * @param before ids that stand before it.
 */
export function completionReporter(
  tokenizer: Tokenizer,
  before: readonly number[],
): (tokens: readonly ReportedToken[]) => CompletionLogprobs {
  const decoder = streamDecoder(tokenizer, before);
  let offset = 0;
  return (tokens) => {
    const text_offset = tokens.map(({ token }) => {
      const at = offset;
      if (token < tokenizer.vocabSize) offset += decoder.push(token).length;
      return at;
    });
    return {
      tokens: tokens.map(({ token }) => tokenText(tokenizer, token)),
      token_logprobs: tokens.map(({ logprob }) => logprob ?? null),
      top_logprobs: tokens.map(({ top }) => (top === undefined ? null : byText(tokenizer, top))),
      text_offset,
    };
  };
}

/** The likeliest tokens by their texts. A text may be any, `__proto__` too. */
function byText(tokenizer: Tokenizer, top: readonly TokenLogprob[]): Readonly<Record<string, number>> {
  const found = new Map<string, number>();
  for (const { token, logprob } of top) {
    const text = tokenText(tokenizer, token);
    if (!found.has(text)) found.set(text, logprob);
  }
  return Object.fromEntries(found);
}

/**
 * Tokens as chat completions report them.
 *
 * @param spelled the tokens' bytes.
 */
export function chatLogprobs(
  tokenizer: Tokenizer,
  spelled: TokenSpellings,
  tokens: readonly ReportedToken[],
): ChatLogprobs {
  const entry = ({ token, logprob }: TokenLogprob): ChatTokenLogprob => {
    const text = tokenText(tokenizer, token);
    return { token: text, logprob, bytes: bytesOf(spelled, { token, text }) };
  };
  return {
    content: tokens.map(({ token, logprob = -Infinity, top = [] }) => ({
      ...entry({ token, logprob }),
      top_logprobs: top.map(entry),
    })),
    refusal: null,
  };
}
