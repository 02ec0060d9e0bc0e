import { presetNames, presets, type PresetCommand } from '@attune/runs';
import { Option, type Command } from 'commander';
import { helpSection } from '../help/layout.js';

/** The flag that names a preset of a command. */
export function presetOption(command: PresetCommand): Option {
  return new Option(
    '--preset <name>',
    `settings that are known to work: ${presetNames(command).join(', ')}`,
  ).helpGroup('Configuration:');
}

/** The presets of a command, for the end of its help. */
export function presetHelp(of: PresetCommand) {
  return ({ command }: { readonly command: Command }): string => {
    const helper = command.createHelp();
    helper.helpWidth = command.configureOutput().getOutHelpWidth!();
    const items = presetNames(of).map((name) => [name, presets[name]!.description] as const);
    return (
      `${helpSection('Presets', items, helper)}\nFlags override --config, which overrides --preset.` +
      '\n`attune presets` shows what each of them costs.'
    );
  };
}
