/** The kinds of errors, by OpenAI's names. */
export type ApiErrorType =
  'invalid_request_error' | 'authentication_error' | 'permission_error' | 'rate_limit_error' | 'server_error';

/** The parts of an error beside its message. */
export interface ApiErrorDetails {
  readonly type?: ApiErrorType;
  /** The parameter that is at fault. */
  readonly param?: string;
  /** For programs. */
  readonly code?: string;
  /** Headers of the answer, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body of an answer that is an error. */
export interface ApiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: ApiErrorType;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** An error that a client is told of, word for word: its message names no path and quotes no prompt. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    message: string,
    private readonly details: ApiErrorDetails = {},
  ) {
    super(message);
    this.headers = details.headers ?? {};
  }

  get body(): ApiErrorBody {
    const { type = 'invalid_request_error', param = null, code = null } = this.details;
    return { error: { message: this.message, type, param, code } };
  }
}

/** A request that cannot be answered as it is. */
export function invalid(message: string, param?: string, code = 'invalid_value'): ApiError {
  return new ApiError(400, message, { code, ...(param !== undefined && { param }) });
}
