import { presetNames, presets } from '@attune/runs';
import type { Command } from 'commander';
import { contextOf, processWorld } from '../environment/context.js';
import { createProgram } from '../program.js';
import { runAttune } from '../testing/run-attune.js';
import { examplesOf } from './examples.js';

const program = createProgram(contextOf(processWorld(async () => undefined)), '0');
/** The command that words name, those below others too: `plan pretrain`. */
function commandOf(words: string): Command {
  let command = program;
  for (const word of words.split(' ')) {
    const next = command.commands.find((one) => one.name() === word);
    if (!next) break;
    command = next;
  }
  return command;
}
const namesBelow = (command: Command, path: readonly string[]): string[] =>
  command.commands.flatMap((one) => {
    const names = [...path, one.name()];
    return [names.join(' '), ...namesBelow(one, names)];
  });
const names = [program.name(), ...namesBelow(program, [])];

/** Help, as a terminal of so many columns shows it. */
function helpAt(columns: number, command: Command): string {
  let text = '';
  const writeOut = (part: string) => void (text += part);
  const output = command.configureOutput();
  command.configureOutput({ ...output, writeOut, getOutHelpWidth: () => columns });
  command.outputHelp();
  command.configureOutput(output);
  return text;
}

/** Whole words: none is split between two lines, or changed. */
const words = (text: string) => text.split(/\s+/).filter(Boolean);

describe.each(names)('attune %s --help', (name) => {
  test.each([60, 80, 100, 140])('fits into %d columns', (columns) => {
    const longest = Math.max(
      ...helpAt(columns, commandOf(name))
        .split('\n')
        // Examples stay whole, so that they can be copied, and a flag is one word.
        .filter((line) => !/^ {2}(attune|--\S+ <\S+>)/.test(line) || columns >= 80)
        .map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(columns);
  });

  test('has the same words at any width', () => {
    expect(words(helpAt(80, commandOf(name)))).toEqual(words(helpAt(140, commandOf(name))));
  });

  test('has examples, with flags that there are', () => {
    const examples = examplesOf(commandOf(name));
    expect(examples.length).toBeGreaterThan(0);
    for (const { args } of examples) {
      const command = commandOf(args.join(' '));
      const known = command.options.map(({ long }) => long);
      expect(known).toEqual(expect.arrayContaining(args.filter((word) => word.startsWith('--'))));
      if (args.includes('--resume')) continue;
      const required = command.options.filter(({ description }) => description.endsWith('(required)'));
      expect(args).toEqual(expect.arrayContaining(required.map(({ long }) => long)));
    }
  });
});

test.each(['pretrain', 'finetune'] as const)(
  'the help of %s names its presets and tells what they are',
  (name) => {
    const help = helpAt(80, commandOf(name));
    for (const preset of presetNames(name)) {
      expect(help).toContain(`\n  ${preset}`);
      expect(words(help).join(' ')).toContain(presets[preset]!.description);
    }
    expect(words(help).join(' ')).toContain(`known to work: ${presetNames(name).join(', ')}`);
  },
);

test('without a terminal, help has 80 columns', async () => {
  const { stdout } = await runAttune(['pretrain', '--help']);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toContain('attune pretrain --preset stories --out runs/stories');
});
