import type { Usage } from './responses.js';

/** A request on its way, as what answers it sees it. */
export interface Call {
  /** Aborted when the client leaves, the time is up, or the answer has failed: nothing of it goes on then. */
  readonly signal: AbortSignal;
  /** Told how many tokens were read and drawn, as soon as that is known. */
  count(usage: Partial<Pick<Usage, 'prompt_tokens' | 'completion_tokens'>>): void;
}

/** An answer: whole, or as events that come one after the other. */
export type Reply =
  { readonly body: unknown } | { readonly events: (send: (data: unknown) => void) => Promise<void> };
