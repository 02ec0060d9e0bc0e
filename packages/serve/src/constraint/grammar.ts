import { AttuneError } from '@attune/core';
import type { GrammarReply, GrammarThread, StartGrammarThread } from './grammar-thread.js';
import { GrammarText } from './grammar-text.js';
import type { Vocabulary } from './vocabulary.js';

/** The time and memory that compiling a schema, and keeping to it, may take. */
export interface GrammarLimits {
  /** Milliseconds until a schema is compiled, the start of the thread included. Default 10,000. */
  readonly compileMs?: number;
  /** Milliseconds until it is known what may follow a token. Default 2,000. */
  readonly tokenMs?: number;
  /** MiB of memory for a grammar. Default 256. */
  readonly megabytes?: number;
}

interface Waiting {
  resolve(mask: Int32Array): void;
  reject(error: Error): void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const tooCostly = () =>
  new AttuneError('SCHEMA_TOO_COSTLY', 'The schema takes too much time or memory.', {
    fix: 'Make it smaller: fewer properties, shorter bounds of lengths and counts, simpler patterns.',
  });

const notCompiled = () => {
  const fault = 'it contradicts itself, or takes too much memory';
  return new AttuneError('SCHEMA_UNSUPPORTED', `The schema cannot be compiled: ${fault}.`, {
    data: { path: '', fault },
  });
};

/** A compiled schema, in a thread of its own. */
export class Grammar {
  /** Texts that are being written. */
  private readonly open = new Map<number, Waiting | undefined>();
  private compiling: Waiting | undefined;
  private first: Int32Array | undefined;
  private failure: Error | undefined;
  private readonly thread: GrammarThread;
  private next = 0;
  private readonly limits: Required<GrammarLimits>;

  private constructor(
    start: StartGrammarThread,
    readonly vocabulary: Vocabulary,
    { compileMs = 10_000, tokenMs = 2_000, megabytes = 256 }: GrammarLimits,
  ) {
    this.limits = { compileMs, tokenMs, megabytes };
    this.thread = start(megabytes, {
      onReply: (reply) => this.hear(reply),
      onFailure: () => this.fail(tooCostly()),
    });
  }

  /**
   * Compiles a schema.
   *
   * @throws AttuneError SCHEMA_TOO_COSTLY, SCHEMA_UNSUPPORTED.
   */
  static async compile(
    schema: string,
    vocabulary: Vocabulary,
    start: StartGrammarThread,
    limits: GrammarLimits = {},
  ): Promise<Grammar> {
    const grammar = new Grammar(start, vocabulary, limits);
    const mask = await new Promise<Int32Array>((resolve, reject) => {
      const timer = setTimeout(() => grammar.fail(tooCostly()), grammar.limits.compileMs);
      grammar.compiling = { resolve, reject, timer };
      grammar.thread.post({ ask: 'compile', schema, vocabulary: vocabulary.tokens });
    });
    grammar.first = mask;
    return grammar;
  }

  /** Texts that are being written. */
  get texts(): number {
    return this.open.size;
  }

  /** True if nothing can be written by it any more. */
  get failed(): boolean {
    return this.failure !== undefined;
  }

  /** Begins a text. */
  text(endTokens: readonly number[]): GrammarText {
    const id = this.next++;
    this.open.set(id, undefined);
    if (!this.failure) this.thread.post({ ask: 'open', text: id });
    return new GrammarText(this, id, this.first!, endTokens);
  }

  /** Takes the next token of a text, and says what may follow. @throws AttuneError SCHEMA_TOO_COSTLY, DISPOSED. */
  accept(text: number, token: number): Promise<Int32Array> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const timer = setTimeout(() => this.fail(tooCostly()), this.limits.tokenMs);
      this.open.set(text, { resolve, reject, timer });
      this.thread.post({ ask: 'accept', text, token });
    });
  }

  /** Ends a text. */
  close(text: number): void {
    const waiting = this.open.get(text);
    this.open.delete(text);
    if (waiting) {
      clearTimeout(waiting.timer);
      waiting.reject(new AttuneError('DISPOSED', 'The text was ended.'));
    }
    if (!this.failure) this.thread.post({ ask: 'close', text });
  }

  /** Frees the grammar, and fails what is written by it. */
  dispose(): void {
    this.fail(new AttuneError('DISPOSED', 'The grammar was used after dispose().'));
  }

  private hear(reply: GrammarReply): void {
    if (reply.reply === 'failed') return this.fail(this.compiling ? notCompiled() : tooCostly());
    if (reply.reply === 'compiled') {
      const waiting = this.compiling;
      this.compiling = undefined;
      clearTimeout(waiting?.timer);
      waiting?.resolve(reply.mask);
      return;
    }
    const waiting = this.open.get(reply.text);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.open.set(reply.text, undefined);
    waiting.resolve(reply.mask);
  }

  private fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.thread.end();
    for (const waiting of [this.compiling, ...this.open.values()]) {
      clearTimeout(waiting?.timer);
      waiting?.reject(error);
    }
    this.compiling = undefined;
  }
}
