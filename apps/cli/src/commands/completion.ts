import { Argument, Command } from 'commander';
import { bashCompletion } from '../completion/bash.js';
import { commandTree, type CompletedProgram } from '../completion/command-tree.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import type { Context } from '../environment/context.js';

const shells: Readonly<Record<string, (program: CompletedProgram) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `attune completion`: a script that lets a shell complete commands, flags and their values. */
export function completionCommand(context: Context): Command {
  const command = new Command('completion')
    .description('print a script with which a shell completes commands, flags and their values')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)));
  return command.action((shell: string) => {
    context.stdout.stream.write(shells[shell]!(commandTree(command.parent!)));
  });
}
