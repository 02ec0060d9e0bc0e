import type { ChatLogprobs, CompletionLogprobs } from './logprobs.js';

/** Tokens that were read and drawn. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Counts tokens. */
export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** The reason why an answer ended; `null` while it grows. */
export type FinishReason = 'stop' | 'length' | null;

/** One of the answers of a completion, or a piece of it. */
export interface CompletionChoice {
  readonly index: number;
  readonly text: string;
  readonly logprobs: CompletionLogprobs | null;
  readonly finish_reason: FinishReason;
}

/** One of the answers of a chat completion. */
export interface ChatChoice {
  readonly index: number;
  readonly message: { readonly role: 'assistant'; readonly content: string; readonly refusal: null };
  readonly logprobs: ChatLogprobs | null;
  readonly finish_reason: FinishReason;
}

/** A piece of one. */
export interface ChatChunkChoice {
  readonly index: number;
  readonly delta: { readonly role?: 'assistant'; readonly content?: string };
  readonly logprobs: ChatLogprobs | null;
  readonly finish_reason: FinishReason;
}

/** The parts that an answer and each of its chunks have in common. */
export interface AnswerHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/** A name that no other answer has. */
export function answerHead(prefix: 'cmpl' | 'chatcmpl', model: string): AnswerHead {
  const id = `${prefix}-${crypto.randomUUID().replaceAll('-', '')}`;
  return { id, created: Math.floor(Date.now() / 1000), model };
}
