import { shortened } from '@attune/core';
import { CommanderError } from 'commander';
import type { Context } from '../environment/context.js';
import { errorCodeOf, exitCodeOf, exitCodes, type ExitCode } from '../environment/exit-codes.js';
import { colorsFor } from '../printing/colors.js';
import { styled } from '../printing/styled.js';
import { ReportedError } from './reported-error.js';

/**
 * Says what went wrong, in one message without a stack; with `ATTUNE_DEBUG` set, with everything there is.
 *
 * @param where it went wrong, where that is not clear.
 */
export function reportError(error: unknown, context: Context, where = ''): ExitCode {
  const { stderr, env } = context;
  // Commander has printed its message, its help or its version already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof ReportedError) return error.exitCode;
  const colors = colorsFor(stderr, context);
  // Those of others are not bounded by themselves.
  const message = shortened(error instanceof Error ? error.message : String(error));
  const code = errorCodeOf(error);
  const heading = code === 'INTERRUPTED' ? '' : styled`${colors.red(code ? `error ${code}` : 'error')}: `;
  stderr.write(styled`${where}${heading}${message}\n`);
  if (env['ATTUNE_DEBUG']) stderr.write(`${stackOf(error)}\n`);
  else if (!code)
    stderr.write('This is unexpected. Run again with ATTUNE_DEBUG=1 to see where it came from.\n');
  if (env['ATTUNE_DEBUG'] && error instanceof Error && error.cause !== undefined) {
    stderr.write(`Caused by: ${stackOf(error.cause)}\n`);
  }
  return exitCodeOf(error);
}

/** A stack begins with the message, and has ten lines of its own. */
const MAX_STACK = 10_000;

function stackOf(error: unknown): string {
  return shortened((error instanceof Error && error.stack) || String(error), MAX_STACK);
}
