import { knownBackends } from '@attune/core';
import { presetNames, type PresetCommand } from '@attune/runs';
import type { Argument, Command, Option } from 'commander';

/** The values that a flag or an argument takes: none, words, folders, files, or what cannot be listed. */
export type Values = 'none' | 'any' | 'folder' | 'file' | readonly string[];

/** A flag to complete. */
export interface CompletedFlag {
  readonly name: string;
  readonly description: string;
  readonly values: Values;
  /** True if a flag takes every word up to the next flag. */
  readonly isVariadic: boolean;
}

/** A command to complete. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly CompletedFlag[];
  /** The values of its arguments. */
  readonly values: Values;
}

/** The command line, as far as a shell completes it. */
export interface CompletedProgram {
  readonly name: string;
  /** Flags that may stand with every command. */
  readonly flags: readonly CompletedFlag[];
  readonly commands: readonly CompletedCommand[];
}

/** Values of flags whose help gives them in words. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  '--backend': ['auto', ...knownBackends],
  '--engine': ['attune', 'onnxruntime', 'tfjs'],
  '--isa': ['avx512', 'avx2', 'neon', 'relaxed', 'simd128'],
};

const KINDS: Readonly<Record<string, Values>> = {
  dir: 'folder',
  run: 'folder',
  runs: 'folder',
  folder: 'folder',
  model: 'folder',
  models: 'folder',
  file: 'file',
  files: 'file',
  path: 'file',
};

/** The values that a placeholder of help stands for: `<dir>`, `<onnx|gguf>`, `<n>`. */
function valuesOfPlaceholder(placeholder: string): Values {
  const word = placeholder.replace(/\.\.\.$/, '');
  const words = word.split('|').filter((one) => one !== 'n');
  return word.includes('|') ? words : (KINDS[word] ?? 'any');
}

function valuesOfOption({ long, flags }: Option, command: Command): Values {
  const [, placeholder] = /[<[](.+)[>\]]$/.exec(flags) ?? [];
  if (placeholder === undefined) return 'none';
  if (long === '--preset') return presetNames(command.name() as PresetCommand);
  if (long === '--tokenizer') return ['char', 'bpe', 'bytes', 'gpt2'];
  return KNOWN[long!] ?? valuesOfPlaceholder(placeholder);
}

function flagOf(option: Option, command: Command): CompletedFlag {
  const { long, description, variadic } = option;
  const values = valuesOfOption(option, command);
  // A boolean need not be given its value.
  const isOptional = option.optional;
  return {
    ...{ name: long!, description, isVariadic: variadic },
    values: isOptional ? 'none' : values,
  };
}

function valuesOfArgument(argument: Argument | undefined, command: Command): Values {
  if (!argument) return 'none';
  if (argument.argChoices) return argument.argChoices;
  if (command.name() === 'presets') return presetNames();
  if (command.name() === 'setup') return ['cuda'];
  return valuesOfPlaceholder(argument.name());
}

const HELP: CompletedFlag = { name: '--help', description: 'show help', values: 'none', isVariadic: false };

const flagsOf = (command: Command) =>
  command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined)
    .map((one) => flagOf(one, command));

/** The tree of a program's commands and flags. What help hides is left out. */
export function commandTree(program: Command): CompletedProgram {
  return {
    name: program.name(),
    flags: [...flagsOf(program), HELP],
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      flags: flagsOf(command),
      values: valuesOfArgument(command.registeredArguments[0], command),
    })),
  };
}
