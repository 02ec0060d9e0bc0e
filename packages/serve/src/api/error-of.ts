import { isAttuneError, type AttuneError, type ErrorCode } from '@attune/core';
import { ApiError, invalid, type ApiErrorDetails } from './api-error.js';

/** Seconds after which a request that found the queue full may be sent again. */
const RETRY_AFTER = 1;

/** Why a request ended before its answer: its `signal` has it as its reason. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

const overloaded = (status: number, message: string, details: ApiErrorDetails) =>
  new ApiError(status, message, { ...details, headers: { 'retry-after': String(RETRY_AFTER) } });

/** A model that does not answer now, and will in a moment. */
export function notReady(message: string, code: string): ApiError {
  return overloaded(503, message, { type: 'server_error', code });
}

/**
 * The errors that clients can do something about, as they are told of them. Messages are written anew: those of attune are for whoever
 * runs it, and may name paths and quote texts.
 */
const told: Partial<Record<ErrorCode, (error: AttuneError) => ApiError>> = {
  QUEUE_FULL: () =>
    overloaded(429, 'Too many requests are waiting. Ask again in a moment.', {
      type: 'rate_limit_error',
      code: 'queue_full',
    }),
  CONTEXT_EXCEEDED: ({ data }) =>
    invalid(
      `The prompt has ${Number(data?.['tokens'])} tokens. Prompt and answer together may have ${Number(data?.['contextLength'])}, and the answer takes at least one.`,
      undefined,
      'context_length_exceeded',
    ),
  DATA_TOO_SHORT: () => invalid('The text has no tokens.'),
  TOKEN_OUT_OF_RANGE: () =>
    invalid('A token id of the prompt is not in the vocabulary of the model.', 'prompt'),
  INVALID_ARGUMENT: () => invalid('The text has characters that the vocabulary of the model lacks.'),
  INVALID_EXAMPLE: () =>
    invalid('The messages are no conversation that a chat template can write.', 'messages'),
  EXAMPLE_TOO_LONG: () => invalid('The text is too long.', undefined, 'context_length_exceeded'),
  NO_CHAT_TEMPLATE: () =>
    invalid('The model has no chat template. Ask /v1/completions, or serve it with --template.', 'model'),
  TEMPLATE_FAILED: ({ data }) => {
    const { refused } = data ?? {};
    return typeof refused === 'string'
      ? invalid(`The chat template of the model refuses the conversation: ${refused}.`, 'messages')
      : invalid('The chat template of the model cannot write this conversation.', 'messages');
  },
  SCHEMA_UNSUPPORTED: ({ data }) => {
    const { path, fault } = data as { path: string; fault: string };
    return invalid(
      `The schema of response_format is not supported: at ${path || 'its root'}, ${fault}.`,
      'response_format',
    );
  },
  SCHEMA_TOO_COSTLY: () =>
    invalid('The schema of response_format takes too much time or memory.', 'response_format'),
  UNSUPPORTED_MODEL: () =>
    invalid('The tokenizer of the model does not let answers be held to a form.', 'response_format'),
  INTERRUPTED: () => notReady('The server is being stopped.', 'stopping'),
  DISPOSED: () => notReady('The server is being stopped.', 'stopping'),
};

/**
 * The error that a client is told of.
 *
 * @param report told of errors that are none of the client's, and returns the id that they are found by.
 */
export function apiErrorOf(error: unknown, report: (error: unknown) => string): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TimeLimitError) {
    return new ApiError(504, 'The answer took longer than the server allows.', {
      ...{ type: 'server_error', code: 'time_limit' },
      // It would take as long again.
      headers: { 'x-should-retry': 'false' },
    });
  }
  if (isAttuneError(error)) {
    const tell = told[error.code];
    if (tell) return tell(error);
  }
  const id = report(error);
  return new ApiError(500, `The server failed. Whoever runs it finds the reason in its log, under ${id}.`, {
    type: 'server_error',
    code: 'internal_error',
  });
}
