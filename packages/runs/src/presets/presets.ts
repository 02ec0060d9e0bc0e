import { AttuneError, didYouMean } from '@attune/core';
import { finetunePresets } from './finetune-presets.js';
import type { Preset } from './preset.js';
import { presetCosts } from './preset-costs.js';
import { pretrainPresets } from './pretrain-presets.js';

/** Every preset by its name, with what it costs. */
export const presets: Readonly<Record<string, Preset>> = Object.fromEntries(
  Object.entries({ ...pretrainPresets, ...finetunePresets }).map(([name, preset]) => [
    name,
    { ...preset, cost: presetCosts[name] ?? { notMeasured: 'no machine of ours has run it' } },
  ]),
);

/** The commands that have presets. */
export type PresetCommand = Preset['command'];

/** The settings that presets of a command give. */
export type PresetValues<Command extends PresetCommand> = Extract<
  Preset,
  { readonly command: Command }
>['values'];

/** The names of all presets, or of those of one command. */
export function presetNames(command?: PresetCommand): string[] {
  return Object.keys(presets).filter((name) => command === undefined || presets[name]!.command === command);
}

/**
 * A preset by its name.
 *
 * @throws AttuneError INVALID_CONFIG with the nearest preset, or the list of them.
 */
export function presetNamed(name: string, command?: PresetCommand): Preset {
  if (Object.hasOwn(presets, name)) return presets[name]!;
  throw new AttuneError('INVALID_CONFIG', `There is no preset ${JSON.stringify(name)}.`, {
    fix: didYouMean(name, presetNames(command)),
  });
}

/**
 * The values of a preset of a command.
 *
 * @throws AttuneError INVALID_CONFIG with the nearest preset, or the command that has it.
 */
export function presetValues<Command extends PresetCommand>(
  command: Command,
  name: string,
): PresetValues<Command> {
  const preset = presetNamed(name, command);
  if (preset.command === command) return preset.values as PresetValues<Command>;
  throw new AttuneError('INVALID_CONFIG', `${name} is a preset of \`attune ${preset.command}\`.`, {
    fix: `\`attune ${command}\` has ${presetNames(command).join(', ')}.`,
  });
}

/** The command that a preset stands for, with placeholders for what is the user's. */
export function presetCommandLine(name: string): string {
  const { command } = presetNamed(name);
  // The embedded stories are the data of a run that names none.
  const data = command === 'finetune' ? ' --data ROWS.jsonl' : name === 'stories' ? '' : ' --data TOKENS';
  return `attune ${command} --preset ${name}${data} --out runs/${name}`;
}
