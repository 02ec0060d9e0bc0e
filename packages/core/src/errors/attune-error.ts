import type { ErrorCode } from './codes.js';

/** What an error says, in the three parts that a reader needs. */
export interface ErrorDetails {
  /** What to do next, as one sentence. */
  readonly fix?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Values a program may want to read, e.g. the shapes that did not fit. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of attune. Catch it by `error.code`, show it by `error.message`.
 *
 * The message says what was expected and what came; where there is something to do about it, `fix` says what,
 * and the message ends with it.
 */
export class AttuneError extends Error {
  override readonly name = 'AttuneError';
  readonly fix?: string;
  readonly data?: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(details.fix ? `${message} ${details.fix}` : message, { cause: details.cause });
    this.fix = details.fix;
    this.data = details.data;
  }
}

/** Whether `error` is an {@link AttuneError}, and of the given code if one is named. */
export function isAttuneError(error: unknown, code?: ErrorCode): error is AttuneError {
  return error instanceof AttuneError && (code === undefined || error.code === code);
}
