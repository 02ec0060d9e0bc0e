import { Writable } from 'node:stream';
import { launcherOf } from '@attune/distributed-mpi';
import type { Context } from '../environment/context.js';
import { Printer } from '../printing/printer.js';

/** The commands whose processes may work together. */
const COMMANDS = ['pretrain', 'finetune'];

/** True if the arguments ask for processes that have nothing to do with each other. */
function workAlone(args: readonly string[]): boolean {
  return args.some(
    (arg, i) => arg === '--distributed=none' || (arg === '--distributed' && args[i + 1] === 'none'),
  );
}

/**
 * Tells from what a launcher left in the environment whether another process, of rank 0, prints what this one would. What MPI
 * says counts as soon as it is asked; a flag that does not exist is known before.
 */
export function isFollower(
  args: readonly string[],
  { env, commands }: Pick<Context, 'env'> & { readonly commands: readonly string[] },
): boolean {
  const command = args.find((arg) => commands.includes(arg));
  if (command === undefined || !COMMANDS.includes(command) || workAlone(args)) return false;
  return (launcherOf(env)?.rank ?? 0) > 0;
}

/** A context in which nothing is printed. */
export function silenced<C extends Pick<Context, 'stdout' | 'stderr'>>(context: C): C {
  const nowhere = () => new Printer(new Writable({ write: (_chunk, _encoding, done) => done() }));
  return { ...context, stdout: nowhere(), stderr: nowhere() };
}
