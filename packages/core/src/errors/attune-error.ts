import { shortened } from '../text/shortened.js';
import type { ErrorCode } from './codes.js';

/** The parts of an error beside its message. */
export interface ErrorDetails {
  /** The next thing to do, as one sentence. */
  readonly fix?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Values a program may want to read, e.g. the shapes that did not fit. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Marks the errors of every copy of this package: a registered symbol is the same in all of them. */
const brand = Symbol.for('attune.error');

/**
 * The one error class of attune. Catch it by `error.code`, show it by `error.message`.
 *
 * The message says what was expected and what came; where there is something to do about it, `fix` says what,
 * and the message ends with it. Message and fix are bounded: names and values in them come from files of strangers.
 *
 * A package manager may install this package twice, for an app and for a plugin. `instanceof AttuneError` and
 * {@link isAttuneError} hold for the errors of either copy.
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
    const [said, fix] = [shortened(message), details.fix && shortened(details.fix)];
    super(fix ? `${said} ${fix}` : said, { cause: details.cause });
    this.fix = fix;
    this.data = details.data;
  }

  static {
    // Hidden from the type: to the compiler, the symbols of two copies are two.
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  /** Holds for errors of another copy of this class as well. Subclasses are distinguished by their prototype. */
  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    if (this !== AttuneError) {
      return Function.prototype[Symbol.hasInstance].call(this as typeof AttuneError, value);
    }
    return value instanceof Error && (value as { [brand]?: unknown })[brand] === true;
  }
}

/** The message of an error without its fix, with which it ends. */
export function withoutFix({ message, fix }: AttuneError): string {
  return fix && message.endsWith(` ${fix}`) ? message.slice(0, -fix.length - 1) : message;
}

/** True if `error` is an {@link AttuneError}, and of the given code if one is named. */
export function isAttuneError(error: unknown, code?: ErrorCode): error is AttuneError {
  return error instanceof AttuneError && (code === undefined || error.code === code);
}
