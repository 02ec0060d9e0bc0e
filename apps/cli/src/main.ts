/**
 * The `attune` command.
 *
 * @packageDocumentation
 */
import { processContext, type Context } from './context.js';
import { reportError } from './errors.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { createProgram, runProgram } from './program.js';
import { importFrom } from './run/importer.js';
import { attuneVersion } from './version.js';

/**
 * Runs the command line.
 *
 * @param args what follows `attune`
 * @param context what the command has of the world around it, where that is not the process
 * @returns the exit code of the process
 */
export async function main(
  args: readonly string[],
  context: Context = processContext(importFrom(process.cwd())),
): Promise<ExitCode> {
  try {
    await runProgram(createProgram(context, attuneVersion()), args);
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, context);
  }
}
