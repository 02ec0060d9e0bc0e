import { resolve } from 'node:path';
import { AttuneError, didYouMean } from '@attune/core';
import { normalizeFlag } from '@attune/runs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { benchCommand } from './commands/bench.js';
import { chatCommand } from './commands/chat.js';
import { compareCommand } from './commands/compare.js';
import { completionCommand } from './commands/completion.js';
import { doctorCommand } from './commands/doctor.js';
import { downloadCommand } from './commands/download.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { finetuneCommand } from './commands/finetune.js';
import { generateCommand } from './commands/generate.js';
import { initCommand } from './commands/init.js';
import { inspectCommand } from './commands/inspect.js';
import { logsCommand } from './commands/logs.js';
import { mergeCommand } from './commands/merge.js';
import { planCommand } from './commands/plan.js';
import { prepareCommand } from './commands/prepare.js';
import { pushCommand } from './commands/push.js';
import { presetsCommand } from './commands/presets.js';
import { pretrainCommand } from './commands/pretrain.js';
import { reportCommand } from './commands/report.js';
import { serveCommand } from './commands/serve.js';
import { setupCommand } from './commands/setup.js';
import { verifyCommand } from './commands/verify.js';
import type { BackendOptions, Context } from './environment/context.js';
import { examplesHelp } from './help/examples.js';
import { helpLayout, helpWidth } from './help/layout.js';
import { peersIn } from './environment/importer.js';
import { packagesSeenFrom } from './backends/unloaded-packages.js';

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number');
}

function folderOfBackends(text: string): string {
  const folder = resolve(text);
  if (packagesSeenFrom(folder).length > 0) return folder;
  throw new InvalidArgumentError('Neither a backend of attune’s nor an engine of one is installed there');
}

/** Gives the commands the flags that all of them have: how backends are found and made. */
function withBackendFlags(program: Command, context: Context): Context {
  const flags = () => program.opts<BackendOptions & { readonly backendsFrom?: string }>();
  return {
    ...context,
    importer: (specifier) => context.importer(specifier, flags().backendsFrom),
    backendOptions: () => {
      const { backendsFrom, ...options } = flags();
      return { ...options, ...(backendsFrom !== undefined && { resolvePeer: peersIn(backendsFrom) }) };
    },
  };
}

/** The whole command line, as a tree of commands. */
export function createProgram(context: Context, version: string): Command {
  const program = new Command('attune')
    .description('Pretrain, fine-tune and run language models in TypeScript, on any device.')
    .version(version)
    .option('--allow-cpu', 'with --backend cuda: run on the CPU if there is no GPU')
    .option('--tf32', 'with --backend cuda: multiply in TF32, faster and less precise')
    .option(
      '--threads <n>',
      'with --backend cpu or wasm: number of threads (default: one per processor)',
      wholeNumber,
    )
    .option(
      '--backends-from <dir>',
      "load backends and their engines from a folder's node_modules, where they are there, and not from where attune is installed",
      folderOfBackends,
    )
    .addHelpText('after', '\nRun `attune <command> --help` for its flags and examples.');
  const commands = [
    doctorCommand,
    initCommand,
    setupCommand,
    downloadCommand,
    prepareCommand,
    inspectCommand,
    presetsCommand,
    planCommand,
    pretrainCommand,
    finetuneCommand,
    verifyCommand,
    reportCommand,
    compareCommand,
    logsCommand,
    evaluateCommand,
    generateCommand,
    chatCommand,
    serveCommand,
    mergeCommand,
    exportCommand,
    pushCommand,
    benchCommand,
    completionCommand,
  ];
  const withOptions = withBackendFlags(program, context);
  for (const command of commands) program.addCommand(command(withOptions));
  const subcommands = program.commands.flatMap((command) => command.commands);
  for (const command of [program, ...program.commands, ...subcommands]) {
    command
      .exitOverride()
      .showSuggestionAfterError(false)
      .configureHelp(helpLayout)
      .addHelpText('after', ({ command: shown }) => examplesHelp(shown))
      .configureOutput({
        getOutHelpWidth: () => helpWidth(context.stdout.columns),
        getErrHelpWidth: () => helpWidth(context.stderr.columns),
        writeOut: (text) => void context.stdout.write(text),
        writeErr: (text) => void context.stderr.write(text),
        // Errors are thrown, and reported in one place.
        outputError: () => undefined,
      });
  }
  return program;
}

function flagsOf(command: Command): string[] {
  return ['--help', ...command.options.filter(({ hidden }) => !hidden).map(({ long }) => long!)];
}

/** True if a flag was given that takes every word up to the next flag. */
function takesTheRest(command: Command): boolean {
  return command.options.some(
    (option) => option.variadic && Array.isArray(command.getOptionValue(option.attributeName())),
  );
}

const REST = 'A flag of several words takes all that follow: put the arguments before it, or behind --.';

/** The words that call a command: `attune plan finetune`. */
function pathOf(command: Command): string[] {
  return [...(command.parent ? pathOf(command.parent) : []), command.name()];
}

/** The command that arguments begin with, down to one that has no others in it. */
function commandOf(program: Command, [name, ...rest]: readonly string[]): Command {
  const found = program.commands.find((one) => one.name() === name);
  return found ? commandOf(found, rest) : program;
}

/** Turns an error of commander's into one of ours. */
function usageError(error: CommanderError, program: Command, command: Command): unknown {
  const [, quoted = ''] = /'([^']+)'/.exec(error.message) ?? [];
  const message = error.message
    .replace(/^error: (.)/, (_, first: string) => first.toUpperCase())
    .replace(/\.$/, '');
  const help = `Run \`${[...pathOf(command), '--help'].join(' ')}\` for what there is.`;
  switch (error.code) {
    case 'commander.unknownOption':
      return new AttuneError('UNKNOWN_KEY', `There is no flag ${quoted}.`, {
        fix: didYouMean(quoted, flagsOf(command)),
      });
    case 'commander.unknownCommand':
      return new AttuneError('UNKNOWN_KEY', `There is no command "${quoted}".`, {
        fix: didYouMean(
          quoted,
          (command.commands.length > 0 ? command : program).commands.map((one) => one.name()),
        ),
      });
    case 'commander.missingArgument':
      return new AttuneError('INVALID_CONFIG', `${message}.`, {
        fix: takesTheRest(command) ? `${REST} ${help}` : help,
      });
    default:
      if (error.exitCode === 0) return error;
      return new AttuneError('INVALID_CONFIG', `${message}.`, {
        fix: help,
      });
  }
}

/**
 * Runs the command that the arguments name. Flags may be spelled with underscores.
 *
 * @throws whatever the command throws; AttuneError UNKNOWN_KEY or INVALID_CONFIG for arguments that make no sense.
 */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  if (args.length === 0) {
    program.outputHelp();
    return;
  }
  const command = commandOf(program, args);
  const flags = new Set(command.options.flatMap(({ long }) => long ?? []));
  try {
    await program.parseAsync(
      args.map((argument) => normalizeFlag(argument, flags)),
      { from: 'user' },
    );
  } catch (error) {
    throw error instanceof CommanderError ? usageError(error, program, command) : error;
  }
}
