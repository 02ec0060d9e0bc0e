import { ApiError } from '../api/api-error.js';
import type { Call } from '../api/call.js';
import { apiErrorOf, TimeLimitError } from '../api/error-of.js';
import type { RequestRecord } from './options.js';

/** The status of a request whose client did not wait for the answer, as proxies log it. */
const LEFT = 499;

/** Options of {@link Exchange}. */
export interface ExchangeOptions {
  readonly answerMs: number;
  readonly onRequest?: (record: RequestRecord) => void;
  readonly onError?: (error: unknown, id: string) => void;
}

/** A request, from when it comes to when its answer is complete. */
export class Exchange implements Call {
  readonly id = `req_${crypto.randomUUID().replaceAll('-', '')}`;
  private readonly control = new AbortController();
  private readonly started = performance.now();
  private readonly timer: ReturnType<typeof setTimeout>;
  private promptTokens = 0;
  private completionTokens = 0;
  private settled = false;

  constructor(
    private readonly request: Request,
    private readonly options: ExchangeOptions,
  ) {
    this.timer = setTimeout(() => this.control.abort(new TimeLimitError()), options.answerMs);
    request.signal.addEventListener('abort', this.leave, { once: true });
    if (request.signal.aborted) this.leave();
  }

  get signal(): AbortSignal {
    return this.control.signal;
  }

  /** The client is gone. */
  readonly leave = (): void => {
    this.control.abort(new ApiError(LEFT, 'The client left.'));
  };

  count(usage: Parameters<Call['count']>[0]): void {
    this.promptTokens = usage.prompt_tokens ?? this.promptTokens;
    this.completionTokens = usage.completion_tokens ?? this.completionTokens;
  }

  /** The error that the client is told of. */
  errorOf(error: unknown): ApiError {
    // What ended the request is the reason, whatever came of it.
    const reason = this.signal.aborted ? this.signal.reason : error;
    return apiErrorOf(reason, (unexpected) => {
      this.options.onError?.(unexpected, this.id);
      return this.id;
    });
  }

  /** Ends the request: nothing of it goes on. */
  settle(status: number): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.timer);
    this.request.signal.removeEventListener('abort', this.leave);
    this.options.onRequest?.({
      id: this.id,
      method: this.request.method,
      path: new URL(this.request.url).pathname,
      status: this.signal.aborted && status < 400 ? this.errorOf(undefined).status : status,
      promptTokens: this.promptTokens,
      completionTokens: this.completionTokens,
      milliseconds: performance.now() - this.started,
    });
    this.control.abort(new ApiError(LEFT, 'The request has ended.'));
  }
}
