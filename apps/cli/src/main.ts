/**
 * The `attune` command.
 *
 * @packageDocumentation
 */
import { readFileSync } from 'node:fs';
import { processContext, type Context } from './context.js';
import { reportError } from './errors.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { createProgram, runProgram } from './program.js';
import { importFrom } from './run/importer.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

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
    await runProgram(createProgram(context, version), args);
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, context);
  }
}
