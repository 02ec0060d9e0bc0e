import { AttuneError } from '@attune/core';

/**
 * The error where koffi, which calls the MPI library, is not there or does not load. It is an optional peer: it would run a
 * script when it is installed, and who trains in one process does without it.
 */
export function withoutKoffi(cause: unknown): AttuneError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
  return new AttuneError(
    'COMMUNICATOR_UNAVAILABLE',
    `koffi, which calls the MPI library, cannot be loaded: ${reason}`,
    {
      fix: 'Install it beside attune: npm install koffi --ignore-scripts',
      cause,
    },
  );
}
