/**
 * The `attune` command.
 *
 * @packageDocumentation
 */
import { isFollower, silenced } from './distributed/follower-output.js';
import { contextOf, processWorld, type World } from './environment/context.js';
import { reportError } from './errors/report-error.js';
import { exitCodes, type ExitCode } from './environment/exit-codes.js';
import { createProgram, runProgram } from './program.js';
import { importFor } from './environment/importer.js';
import { attuneVersion } from './environment/version.js';

/**
 * Runs the command line.
 *
 * @param args what follows `attune`
 * @param world what the command has around it, where that is not the process
 * @returns the exit code of the process
 */
export async function main(
  args: readonly string[],
  world: World = processWorld(importFor(process.cwd())),
): Promise<ExitCode> {
  const own = contextOf(world);
  const commands = createProgram(own, attuneVersion()).commands.map((command) => command.name());
  const context = isFollower(args, { ...own, commands }) ? silenced(own) : own;
  try {
    await runProgram(createProgram(context, attuneVersion()), args);
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, context);
  }
}
