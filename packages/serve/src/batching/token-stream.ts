import type { GeneratedToken } from './contract.js';

interface Reader {
  readonly resolve: (result: IteratorResult<GeneratedToken>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE = { done: true, value: undefined } as const;

/** Tokens on their way from a batch to who asked for them. */
export class TokenStream implements AsyncIterableIterator<GeneratedToken> {
  private readonly unread: GeneratedToken[] = [];
  private readonly readers: Reader[] = [];
  private end: { readonly error?: unknown } | undefined;

  /** @param leave called when the reader leaves before the end. */
  constructor(private readonly leave: () => void) {}

  get ended(): boolean {
    return this.end !== undefined;
  }

  push(token: GeneratedToken): void {
    if (this.end) return;
    const reader = this.readers.shift();
    if (reader) reader.resolve({ done: false, value: token });
    else this.unread.push(token);
  }

  /** Ends the stream after what was pushed. */
  finish(): void {
    this.close({});
  }

  /** Ends the stream with an error after what was pushed. */
  fail(error: unknown): void {
    this.close({ error });
  }

  /** Ends the stream with an error, and drops what was not read. */
  abort(error: unknown): void {
    if (this.end) return;
    this.unread.length = 0;
    this.close({ error });
  }

  private close(end: { readonly error?: unknown }): void {
    if (this.end) return;
    this.end = end;
    for (const [i, { resolve, reject }] of this.readers.splice(0).entries()) {
      // The error is told once.
      if (i === 0 && 'error' in end) reject(this.takeError());
      else resolve(DONE);
    }
  }

  private takeError(): unknown {
    const { error } = this.end!;
    this.end = {};
    return error;
  }

  async next(): Promise<IteratorResult<GeneratedToken>> {
    const token = this.unread.shift();
    if (token) return { done: false, value: token };
    if (this.end && 'error' in this.end) throw this.takeError();
    if (this.end) return DONE;
    return new Promise((resolve, reject) => this.readers.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<GeneratedToken>> {
    this.unread.length = 0;
    if (!this.end) {
      this.close({});
      this.leave();
    }
    this.end = {};
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
