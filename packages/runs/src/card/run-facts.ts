import { shellWord, type StepMetrics } from '@attune/core';
import { isAbsolutePath } from '../models/model/base-name.js';
import { readRun } from '../record/run-folder.js';
import type { ConfigFormat } from '../record/config-format.js';
import type { RunRecord } from '../record/run-record.js';
import { storedSettings } from '../record/stored-settings.js';
import type { Fields } from '../settings/field.js';
import { flagOf } from '../settings/spelling.js';
import type { TrainingCommand } from '../settings/resuming.js';
import { tasks } from '../tasks/tasks.js';
import type { Folder } from '@attune/files';
import { oneLine } from './escape.js';

/** The facts of a run's record, without anything of the machine's folders. */
export interface RunFacts {
  readonly command: TrainingCommand;
  /** The settings that differ from their defaults, as flags. */
  readonly settings: readonly (readonly [flag: string, value: string])[];
  /** The command that makes the same run. */
  readonly commandLine: string;
  /** The name of its data; missing for the embedded stories. */
  readonly data?: string;
  /** The model it began with, as an id of the hub, or the name of a folder. */
  readonly base?: { readonly name: string; readonly isHub: boolean };
  readonly record?: RunRecord;
  /** The last step of its log, and the lowest validation loss. */
  readonly last?: StepMetrics;
  readonly evaluated?: { readonly step: number; readonly valLoss: number };
  readonly lowest?: { readonly step: number; readonly valLoss: number };
}

/** How a run is read. */
export interface RunFactsHost {
  readonly format: ConfigFormat;
  /** The id of a model of the hub, if that is what a text means, and not a folder. */
  hubName(text: string): Promise<string | undefined>;
}

/** Settings that name something on the disk. */
const PLACES: readonly string[] = ['data', 'model', 'initFrom', 'adapter'];

/** Settings of the machine, and of what is printed: they do not change what comes out. */
const INCIDENTAL: readonly string[] = ['logInterval', 'keepCheckpoints', 'backend', 'engine', 'isa'];

/** The last name of a path; the run's, where it is that of its finished model. */
export const lastName = (path: string): string =>
  path
    .split(/[\\/]/)
    .filter((part) => !/^(|\.|\.\.|final)$/.test(part))
    .at(-1) ?? 'folder';

/** A value of the record, as others may see it. */
async function publicValue(key: string, value: unknown, host: RunFactsHost): Promise<unknown> {
  if (typeof value !== 'string') return value;
  if (PLACES.includes(key)) return (await host.hubName(value)) ?? lastName(value);
  return isAbsolutePath(value) ? lastName(value) : value;
}

/** The settings without which the rest would give others. */
function ownSettings(
  command: TrainingCommand,
  values: Readonly<Record<string, unknown>>,
): [string, unknown][] {
  const task = tasks[command];
  const config = task.config as (given: object) => object;
  const fields: Fields = task.fields;
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  return Object.entries(values).filter(([key, value]) => {
    if (value === undefined || INCIDENTAL.includes(key)) return false;
    if (fields[key]?.required) return true;
    const { [key]: _, ...others } = values;
    return !same((config(others) as Record<string, unknown>)[key], value);
  });
}

/** Characters of a setting that are shown. */
const MAX_WORD = 1000;

function flagWords(key: string, value: unknown): string[] {
  const flag = flagOf(key);
  if (value === true) return [flag];
  if (value === false) return [flag.replace('--', '--no-')];
  const words = Array.isArray(value) ? value : [value];
  return [flag, ...words.map((word) => shellWord(oneLine(String(word), MAX_WORD)))];
}

async function lossesOf(steps: AsyncIterable<StepMetrics>) {
  let last: StepMetrics | undefined;
  let evaluated: { step: number; valLoss: number } | undefined;
  let lowest: { step: number; valLoss: number } | undefined;
  for await (const metrics of steps) {
    last = metrics;
    const { step, valLoss } = metrics;
    if (valLoss === undefined) continue;
    evaluated = { step, valLoss };
    if (lowest === undefined || valLoss < lowest.valLoss) lowest = evaluated;
  }
  return { ...(last && { last }), ...(evaluated && { evaluated }), ...(lowest && { lowest }) };
}

/**
 * Reads what a model card says of a run: nothing that tells where on this machine anything was.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run; FILE_CORRUPT.
 */
export async function readRunFacts(folder: Folder, host: RunFactsHost): Promise<RunFacts> {
  const run = readRun(folder, host.format);
  const command = await run.command('pretrain');
  const task = tasks[command] as (typeof tasks)['pretrain'];
  const stored = (await storedSettings(run, task)) as Readonly<Record<string, unknown>>;
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(stored)) values[key] = await publicValue(key, value, host);
  const own = ownSettings(command, values);
  const words = own.flatMap(([key, value]) => flagWords(key, value));
  const given = stored[command === 'finetune' ? 'model' : 'initFrom'];
  const hub = typeof given === 'string' ? await host.hubName(given) : undefined;
  const record = await run.readRecord();
  return {
    command,
    settings: own.map(([key, value]) => [
      flagOf(key),
      Array.isArray(value) ? value.join(' ') : String(value),
    ]),
    commandLine: ['attune', command, ...words, '--out', 'run'].join(' '),
    ...(typeof values['data'] === 'string' && { data: values['data'] }),
    ...(typeof given === 'string' && { base: { name: hub ?? lastName(given), isHub: hub !== undefined } }),
    ...(record && { record }),
    ...(await lossesOf(run.steps())),
  };
}
