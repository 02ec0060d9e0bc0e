import { basename, dirname, resolve } from 'node:path';
import { AttuneError } from '@attune/core';
import { hubIdOf } from '@attune/hub';

/** The folder of a run that its result is in. */
const FINAL = 'final';

/** The name of a folder that says what is in it. No other part of a path is told to clients. */
function nameOfFolder(path: string): string {
  const whole = resolve(path);
  return basename(whole) === FINAL ? basename(dirname(whole)) : basename(whole);
}

/** The name that clients know a model by: its id on the hub, or the name of its folder. */
export async function modelName(given: string): Promise<string> {
  const hub = await hubIdOf(given);
  return hub === undefined ? nameOfFolder(given) : given.replace(/^hf:\/\//, '').replace(/@[^@/]*$/, '');
}

/** An adapter that is served beside its base. */
export interface NamedAdapter {
  readonly name: string;
  readonly folder: string;
}

/**
 * Reads the values of `--adapter`: `name=dir`, or `dir`, which is named as its folder is.
 *
 * @throws AttuneError INVALID_CONFIG for a name that is empty or given twice.
 */
export function namedAdapters(given: readonly string[], base: string): readonly NamedAdapter[] {
  const adapters = given.map((value) => {
    const [, name, folder] = /^([^=/\\]*)=(.*)$/s.exec(value) ?? [undefined, nameOfFolder(value), value];
    if (name!.trim() !== '' && folder !== '') return { name: name!.trim(), folder: folder! };
    throw new AttuneError('INVALID_CONFIG', `--adapter takes name=dir, but is ${value}.`, {
      fix: 'Write for example --adapter questions=runs/questions.',
    });
  });
  const names = [base, ...adapters.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return adapters;
  throw new AttuneError('INVALID_CONFIG', `Two of the models served are called ${twice}.`, {
    fix: 'Name adapters with --adapter name=dir, and the model with --name.',
  });
}
