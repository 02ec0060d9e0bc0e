/** The tokens that may follow, and whether the text is complete. */
export interface GrammarState {
  /** One bit for each id below `vocabSize`, the lowest of the first word first; and one more: set where the text may end. */
  readonly mask: Int32Array;
}

/** A request to a thread that holds one grammar. */
export type GrammarRequest =
  | {
      readonly ask: 'compile';
      /** The JSON schema. */
      readonly schema: string;
      /** Each token as GPT-2's characters for its bytes; '' where it must not be written. As many as the model has logits. */
      readonly vocabulary: readonly string[];
    }
  | { readonly ask: 'open'; readonly text: number }
  | { readonly ask: 'accept'; readonly text: number; readonly token: number }
  | { readonly ask: 'close'; readonly text: number };

/** Its answers: one to `compile`, with the state of an empty text, and one to each `accept`. */
export type GrammarReply =
  | ({ readonly reply: 'compiled' } & GrammarState)
  | ({ readonly reply: 'accepted'; readonly text: number } & GrammarState)
  | { readonly reply: 'failed' };

/** A thread that holds one grammar. Whatever a schema does to it, it can be ended. */
export interface GrammarThread {
  post(request: GrammarRequest): void;
  /** Ends it, and frees its memory. Nothing is heard of it any more. */
  end(): void;
}

/** Listens to a thread. */
export interface GrammarListener {
  onReply(reply: GrammarReply): void;
  /** The thread ended by itself: it failed, or had no memory left. */
  onFailure(): void;
}

/** Starts a thread, which may have so much memory. */
export type StartGrammarThread = (megabytes: number, listener: GrammarListener) => GrammarThread;
