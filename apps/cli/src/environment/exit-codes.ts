import { errorCodes, type ErrorCode } from '@attune/core';

/** How the process ends. Part of the command's interface: see `docs/guide/cli.md`. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  /** Wrong flags, wrong configuration. */
  usage: 2,
  /** The machine: no such backend, no memory, no room to write. */
  environment: 3,
  /** A fault in what was read: data, a model folder, a checkpoint. */
  input: 4,
  /** Training itself: the loss became NaN, or rose far above what it was. */
  training: 5,
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A total record: a new error code does not compile until it has an exit code. */
const exitCodeOfError: Record<ErrorCode, ExitCode> = {
  UNKNOWN_KEY: exitCodes.usage,
  INVALID_CONFIG: exitCodes.usage,
  INVALID_ARGUMENT: exitCodes.usage,

  UNKNOWN_BACKEND: exitCodes.environment,
  BACKEND_UNAVAILABLE: exitCodes.environment,
  BACKEND_FAILURE: exitCodes.environment,
  ENVIRONMENT_FAULT: exitCodes.environment,
  SETUP_FAILED: exitCodes.environment,
  OUT_OF_MEMORY: exitCodes.environment,
  UNSUPPORTED_OP: exitCodes.environment,
  FILE_WRITE: exitCodes.environment,
  RUN_LOCKED: exitCodes.environment,
  COMMUNICATOR_UNAVAILABLE: exitCodes.environment,
  RANK_LOST: exitCodes.environment,
  RANKS_DISAGREE: exitCodes.environment,
  LISTEN_FAILED: exitCodes.environment,
  HUB_UNREACHABLE: exitCodes.environment,
  QUEUE_FULL: exitCodes.environment,
  SCHEMA_UNSUPPORTED: exitCodes.input,
  SCHEMA_TOO_COSTLY: exitCodes.input,

  FILE_NOT_FOUND: exitCodes.input,
  FILE_READ: exitCodes.input,
  FILE_EMPTY: exitCodes.input,
  FILE_CORRUPT: exitCodes.input,
  UNSUPPORTED_FILE: exitCodes.input,
  UNSUPPORTED_MODEL: exitCodes.input,
  CHECKPOINT_MISMATCH: exitCodes.input,
  TOKEN_OUT_OF_RANGE: exitCodes.input,
  UNKNOWN_FORMAT: exitCodes.input,
  INVALID_EXAMPLE: exitCodes.input,
  EXAMPLE_TOO_LONG: exitCodes.input,
  CONTEXT_EXCEEDED: exitCodes.input,
  NO_CHAT_TEMPLATE: exitCodes.input,
  TEMPLATE_FAILED: exitCodes.input,
  TEMPLATE_UNSUPPORTED: exitCodes.input,
  DATA_TOO_SHORT: exitCodes.input,
  NO_TARGETS: exitCodes.input,
  HUB_NOT_FOUND: exitCodes.input,
  HUB_ACCESS_DENIED: exitCodes.input,
  HUB_BAD_RESPONSE: exitCodes.input,
  CHECKSUM_MISMATCH: exitCodes.input,

  NON_FINITE: exitCodes.training,
  LOSS_SPIKE: exitCodes.training,
  INTERRUPTED: exitCodes.interrupted,

  // These mean a mistake in attune or in a plugin, not in what the user asked for.
  SHAPE_MISMATCH: exitCodes.unexpected,
  DTYPE_MISMATCH: exitCodes.unexpected,
  INVALID_PROGRAM: exitCodes.unexpected,
  NOT_DIFFERENTIABLE: exitCodes.unexpected,
  DISPOSED: exitCodes.unexpected,
  STATE_POISONED: exitCodes.unexpected,
  UNKNOWN_TENSOR: exitCodes.unexpected,
  FEED_MISMATCH: exitCodes.unexpected,
  EXPORT_MISMATCH: exitCodes.unexpected,
};

/**
 * The code of an error thrown by attune. Told by its value and not by its class: a backend that was found in the
 * user's folder may come with a copy of core of its own.
 */
export function errorCodeOf(error: unknown): ErrorCode | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  const known = error instanceof Error && error.name === 'AttuneError' && typeof code === 'string';
  return known && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : undefined;
}

/** The exit code for an error's code, or for an error without one. */
export const exitCodeOfCode = (code: ErrorCode | undefined): ExitCode =>
  code ? exitCodeOfError[code] : exitCodes.unexpected;

/** The exit code for whatever was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  return exitCodeOfCode(errorCodeOf(error));
}
