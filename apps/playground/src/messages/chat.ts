import type { BackendName } from './common.js';

/** How an answer is drawn. */
export interface ChatOptions {
  /** 0 takes the likeliest token each time. */
  readonly temperature: number;
  /** Draws among so many of the likeliest tokens; 0: among all. */
  readonly topK: number;
  readonly seed: number;
  readonly maxNewTokens: number;
}

/** A request about the conversation. */
export type ChatRequest =
  | {
      readonly kind: 'say';
      readonly backend: BackendName;
      /** True for the model with what was fine-tuned, false for the model as it was opened. */
      readonly withAdapter: boolean;
      readonly text: string;
      readonly options: ChatOptions;
    }
  | { readonly kind: 'stopAnswer' }
  | { readonly kind: 'clearChat' };

/** A message of the worker about the conversation. */
export type ChatReport =
  /** Before the first piece: what the answer waits for. */
  | { readonly kind: 'chatWaiting'; readonly what: string }
  /** The next piece of the answer. */
  | { readonly kind: 'answerPiece'; readonly text: string }
  | {
      readonly kind: 'answered';
      readonly ended: 'length' | 'stop' | 'stopped';
      readonly tokens: number;
      readonly seconds: number;
      /** Turns at the beginning of the conversation that no longer fit the context. */
      readonly forgotten: number;
    }
  | { readonly kind: 'unanswered'; readonly message: string };
