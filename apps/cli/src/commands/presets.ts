import {
  flagOf,
  formatBytes,
  formatCount,
  formatDuration,
  presetCommandLine,
  presetNamed,
  presetNames,
  presets,
  withDefaults,
  type MeasuredCost,
  type Preset,
} from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { jsonField } from './shared-flags.js';

const fields = { json: jsonField };

/** `0.0214` → `21 ms`; `3.2` → `3.20 s`. */
function formatStep(seconds: number): string {
  return seconds < 1 ? `${(1000 * seconds).toPrecision(2)} ms` : `${seconds.toPrecision(3)} s`;
}

const isMeasured = (cost: Preset['cost']): cost is MeasuredCost => !('notMeasured' in cost);

const lossOf = ({ validationLoss }: MeasuredCost) =>
  typeof validationLoss === 'number' ? validationLoss.toFixed(3) : 'not measured';

function costCells({ cost }: Preset): string[] {
  if (!isMeasured(cost)) return ['not measured', '', '', ''];
  const { secondsPerStep, secondsToFinish, estimated, peakBytes } = cost;
  return [
    formatStep(secondsPerStep),
    `${estimated ? '~ ' : ''}${formatDuration(secondsToFinish)}`,
    formatBytes(peakBytes),
    lossOf(cost),
  ];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The machines that the costs are of: one line each. */
function machines(): string[] {
  const measured = Object.values(presets).flatMap(({ cost }) => (isMeasured(cost) ? [cost] : []));
  return [...new Set(measured.map(({ machine, date }) => `${machine}, ${date}`))];
}

function overview(): string {
  const rows = presetNames().map((name) => [name, presets[name]!.command, ...costCells(presets[name]!)]);
  return [
    table([['preset', 'command', 'a step', 'to finish', 'memory', 'val loss'], ...rows]),
    '',
    ...machines().map((machine) => `measured on ${machine}`),
    '~ is the time of a step, times the steps. `attune presets <name>` shows settings, data and command.',
    '',
  ].join('\n');
}

function costLines({ cost, extent }: Preset): string[] {
  if (!isMeasured(cost)) return [`cost      not measured: ${cost.notMeasured}`];
  const { secondsToFinish, estimated, stepsTimed, validationLoss, machine, date, command } = cost;
  const finish = estimated
    ? `about ${formatDuration(secondsToFinish)}, estimated from ${formatCount(stepsTimed)} steps`
    : `${formatDuration(secondsToFinish)}, measured to the end`;
  return [
    `a step    ${formatStep(cost.secondsPerStep)}, the median`,
    `finished  after ${extent}: ${finish}`,
    `memory    ${formatBytes(cost.peakBytes)}, the most that the process held`,
    `val loss  ${typeof validationLoss === 'number' ? lossOf(cost) : `not measured: ${validationLoss.notMeasured}`}`,
    `measured  on ${machine}, ${date}, by`,
    `          ${command}`,
  ];
}

function details(name: string): string {
  const preset = presetNamed(name);
  const settings = Object.entries(preset.values).map(([key, value]) => {
    const text = Array.isArray(value) ? value.join(' ') : String(value);
    return [`  ${flagOf(key)}`, text];
  });
  return [
    `${name}: ${preset.description}`,
    '',
    `data      ${preset.data}`,
    ...costLines(preset),
    '',
    table(settings),
    '',
    presetCommandLine(name),
    '',
  ].join('\n');
}

const forPrograms = (name: string) => ({ name, ...presetNamed(name), commandLine: presetCommandLine(name) });

/** `attune presets`: settings that are known to work, and what they cost. */
export function presetsCommand(context: Context): Command {
  const command = new Command('presets')
    .description('show the presets of pretrain and finetune, and what each costs')
    .argument('[name]', 'one of them, with its settings and its command');
  return addFlags(command, fields).action((name: string | undefined, options: Record<string, unknown>) => {
    const { json } = withDefaults(fields, readFlags(fields, options));
    if (json) {
      context.stdout.writeJson(name === undefined ? presetNames().map(forPrograms) : forPrograms(name), 2);
    } else context.stdout.write(name === undefined ? overview() : details(name));
  });
}
