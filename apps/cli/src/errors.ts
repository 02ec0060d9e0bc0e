import { CommanderError } from 'commander';
import { colorsFor } from './colors.js';
import type { Context } from './context.js';
import { errorCodeOf, exitCodeOf, exitCodes, type ExitCode } from './exit-codes.js';
import { withoutControls } from './printable.js';

/** Says what went wrong, in one message without a stack; with `ATTUNE_DEBUG` set, with everything there is. */
export function reportError(error: unknown, context: Context): ExitCode {
  const { stderr, env } = context;
  // Commander has printed its message, its help or its version already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const colors = colorsFor(stderr, context);
  // Messages quote files, which may be a stranger's.
  const message = withoutControls(error instanceof Error ? error.message : String(error));
  const code = errorCodeOf(error);
  const heading = code === 'INTERRUPTED' ? '' : `${colors.red(code ? `error ${code}` : 'error')}: `;
  stderr.write(`${heading}${message}\n`);
  if (env['ATTUNE_DEBUG']) stderr.write(`${stackOf(error)}\n`);
  else if (!code)
    stderr.write('This is unexpected. Run again with ATTUNE_DEBUG=1 to see where it came from.\n');
  if (env['ATTUNE_DEBUG'] && error instanceof Error && error.cause !== undefined) {
    stderr.write(`Caused by: ${stackOf(error.cause)}\n`);
  }
  return exitCodeOf(error);
}

function stackOf(error: unknown): string {
  return withoutControls((error instanceof Error && error.stack) || String(error));
}
